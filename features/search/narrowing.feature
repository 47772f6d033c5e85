Feature: Narrowing a search
  Filters, sorting and counts help to choose from many hits.

  Background:
    Given Sam is a seller
    And Sam offers the items
      | name          | brand   | category  | price  | stock | material |
      | Oak table     | Holzweg | tables    | 320.00 | 1     | oak      |
      | Pine table    | Nordik  | tables    | 120.00 | 0     | pine     |
      | Oak shelf     | Holzweg | shelves   | 80.00  | 5     | oak      |
      | Steel shelf   | Nordik  | shelves   | 60.00  | 3     | steel    |

  Scenario Outline: By one property
    Then a search among Sam's items with the <filter> "<value>" finds "<names>"

    Examples:
      | filter        | value   | names                              |
      | category      | tables  | Oak table, Pine table              |
      | brand         | Nordik  | Pine table, Steel shelf            |
      | material      | oak     | Oak table, Oak shelf               |
      | lowest price  | 100.00  | Oak table, Pine table              |
      | highest price | 80.00   | Oak shelf, Steel shelf             |

  Scenario: One of several brands
    Given Sam offers "Plain shelf" at 20.00 with 5 in stock
    Then a search among Sam's items with the brand "Holzweg" or "Nordik" finds "Oak table, Pine table, Oak shelf, Steel shelf"

  Scenario: Only what is in stock
    Then a search among Sam's items that are in stock finds "Oak table, Oak shelf, Steel shelf"

  Scenario: Several properties at once
    When Kim searches among Sam's items with
      | filter       | value  |
      | brand        | Nordik |
      | lowest price | 100.00 |
    Then that search finds "Pine table"

  Scenario Outline: In an order of one's own
    When Kim sorts Sam's items by <order>
    Then that search finds in this order "<names>"

    Examples:
      | order          | names                                         |
      | lowest price   | Steel shelf, Oak shelf, Pine table, Oak table |
      | highest price  | Oak table, Pine table, Oak shelf, Steel shelf |

  Scenario: The newest first
    Given Sam offers "Glass table" at 500.00 with 1 in stock
    When Kim sorts Sam's items by newest
    Then that search finds "Glass table" first

  Scenario: How many there are of each kind
    When Kim searches among Sam's items for "table shelf"
    Then the counts by category are "tables 2, shelves 2"
    And the counts by brand are "Holzweg 2, Nordik 2"
    And that search finds 4 items

  Scenario: Counts belong to what was found
    When Kim searches among Sam's items with the brand "Holzweg"
    Then the counts by category are "tables 1, shelves 1"

  Scenario: Page by page, nothing twice and nothing left out
    When Kim leafs through Sam's items 3 at a time
    Then Kim has seen every item once on 2 pages

  Scenario: New items do not disturb somebody who leafs through a list
    When Kim leafs through Sam's items 3 at a time while Sam offers "Glass table"
    Then Kim has seen every older item once

  Scenario: A page that the shop never gave out is refused
    When Kim requests a page with an unknown cursor
    Then that is refused: that is no page of this list
