Feature: Searching among variants
  Filters are met by one variant, and the price that is shown is one that can be paid.

  Background:
    Given Sam is a seller
    And Sam offers "Cotton shirt" in variants
      | variant    | colour | size | price | stock |
      | SHIRT-RD-S | red    | S    | 9.00  | 0     |
      | SHIRT-BL-M | blue   | M    | 29.00 | 4     |

  Scenario: The price is that of a variant that can be bought
    Then a search among Sam's items for "shirt" finds "Cotton shirt" at 29.00

  Scenario Outline: Properties of one variant are found together, those of two are not
    When Kim searches among Sam's items with
      | filter   | value    |
      | colour   | <colour> |
      | <filter> | <value>  |
    Then that search finds <count> items

    Examples:
      | colour | filter        | value | count |
      | blue   | size          | M     | 1     |
      | blue   | in stock      | true  | 1     |
      | red    | size          | M     | 0     |
      | red    | in stock      | true  | 0     |
      | red    | highest price | 10.00 | 1     |
      | blue   | highest price | 10.00 | 0     |

  Scenario: A sold-out variant's price is nobody's bargain
    When Kim searches among Sam's items with
      | filter        | value |
      | highest price | 10.00 |
      | in stock      | true  |
    Then that search finds 0 items
