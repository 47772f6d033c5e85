@search
Feature: Searching among variants
  Filters are met by one variant, and the price that is shown is one that can be paid.

  Background:
    Given Sam is a seller
    And Sam sells "Cotton shirt" in variants
      | variant    | colour | size | price | stock |
      | SHIRT-RD-S | red    | S    | 9.00  | 0     |
      | SHIRT-BL-M | blue   | M    | 29.00 | 4     |
    And searches know all of Sam's items

  @money
  Rule: The price that is shown is one that can be paid

    Scenario: The price is that of a variant that can be bought
      When Kim searches among Sam's items for "shirt"
      Then Kim finds "Cotton shirt" at 29.00

    @stock
    Scenario: The price of a sold-out variant is nobody's bargain
      When Kim searches among Sam's items with
        | filter        | value |
        | highest price | 10.00 |
        | in stock      | true  |
      Then Kim finds 0 items

  Rule: One variant has everything that is looked for

    Scenario Outline: "<colour>" with the <filter> "<value>" is found <count> times
      When Kim searches among Sam's items with
        | filter   | value    |
        | colour   | <colour> |
        | <filter> | <value>  |
      Then Kim finds <count> items

      Examples:
        | colour | filter        | value | count |
        | blue   | size          | M     | 1     |
        | blue   | in stock      | true  | 1     |
        | red    | size          | M     | 0     |
        | red    | in stock      | true  | 0     |
        | red    | highest price | 10.00 | 1     |
        | blue   | highest price | 10.00 | 0     |
