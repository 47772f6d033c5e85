@search
Feature: Narrowing a search
  Filters, sorting and counts help to choose from many hits.

  Background:
    Given Sam is a seller
    And Sam sells the items
      | name        | brand   | category | price  | stock | material |
      | Oak table   | Holzweg | tables   | 320.00 | 1     | oak      |
      | Pine table  | Nordik  | tables   | 120.00 | 0     | pine     |
      | Oak shelf   | Holzweg | shelves  | 80.00  | 5     | oak      |
      | Steel shelf | Nordik  | shelves  | 60.00  | 3     | steel    |
    And searches know all of Sam's items

  Rule: Only what has the property is found

    Scenario Outline: The <filter> "<value>" leaves "<names>"
      When Kim searches among Sam's items with the <filter> "<value>"
      Then Kim finds "<names>"

      Examples:
        | filter        | value  | names                  |
        | category      | tables | Oak table, Pine table  |
        | brand         | Nordik | Pine table, Steel shelf |
        | material      | oak    | Oak table, Oak shelf   |
        | lowest price  | 100.00 | Oak table, Pine table  |
        | highest price | 80.00  | Oak shelf, Steel shelf |

    Scenario: One of several brands is enough
      Given Sam sells "Plain shelf" at 20.00 with 5 in stock
      When Kim searches among Sam's items with the brand "Holzweg" or "Nordik"
      Then Kim finds "Oak table, Pine table, Oak shelf, Steel shelf"

    @stock
    Scenario: What is sold out can be left out
      When Kim searches among Sam's items that are in stock
      Then Kim finds "Oak table, Oak shelf, Steel shelf"

    Scenario: Of several properties an item has all
      When Kim searches among Sam's items with
        | filter       | value  |
        | brand        | Nordik |
        | lowest price | 100.00 |
      Then Kim finds "Pine table"

  Rule: The order is the one that was chosen

    Scenario Outline: By <order>, the items come in that order
      When Kim sorts Sam's items by <order>
      Then Kim finds in this order "<names>"

      Examples:
        | order         | names                                         |
        | lowest price  | Steel shelf, Oak shelf, Pine table, Oak table |
        | highest price | Oak table, Pine table, Oak shelf, Steel shelf |

    Scenario: The newest item comes first
      Given Sam sells "Glass table" at 500.00 with 1 in stock
      When Kim sorts Sam's items by newest
      Then Kim finds "Glass table" first

  Rule: Counts are those of what was found

    Scenario: Each category and brand is counted
      When Kim searches among Sam's items for "table shelf"
      Then Kim is shown the counts by category "tables 2, shelves 2"
      And Kim is shown the counts by brand "Holzweg 2, Nordik 2"
      And Kim finds 4 items

    Scenario: What was filtered out is not counted
      When Kim searches among Sam's items with the brand "Holzweg"
      Then Kim is shown the counts by category "tables 1, shelves 1"

  Rule: Whoever leafs through a list sees everything once

    Scenario: Page by page, nothing twice and nothing left out
      When Kim leafs through Sam's items 3 at a time
      Then Kim has seen every item once on 2 pages

    Scenario: A new item does not disturb somebody who leafs through the list
      Given Kim has leafed through the first 3 of Sam's items
      And Sam sells "Glass table" at 500.00 with 1 in stock
      When Kim leafs on to the end
      Then Kim has seen every older item once

    Scenario: A page that the shop never gave out is refused
      When Kim looks for a page that the shop never gave out
      Then that is refused: that is no page of this list
