Feature: Changing items
  A seller changes what is offered. Nobody overwrites a change that they have not seen.

  Background:
    Given Sam is a seller
    And Sam offers "Desk lamp" at 24.50 with 7 in stock

  Scenario: Another price
    When Sam changes the price of "Desk lamp" to 19.90
    Then anyone sees "Desk lamp" at 19.90 with 7 in stock

  Scenario: What is not mentioned stays
    Given Sam describes "Desk lamp" as "Bends in every direction"
    When Sam changes the price of "Desk lamp" to 19.90
    Then "Desk lamp" is described as "Bends in every direction"

  Scenario: A description is taken away
    Given Sam describes "Desk lamp" as "Bends in every direction"
    When Sam takes the description of "Desk lamp" away
    Then "Desk lamp" is described as ""

  Scenario: Two people change the same item
    When Sam changes the price of "Desk lamp" to 19.90 in one window and to 22.00 in another
    Then that is refused: the item was changed meanwhile
    And anyone sees "Desk lamp" at 19.90 with 7 in stock

  Scenario: Stock is never overwritten by a change
    When Sam changes the quantity of "Desk lamp" to 100
    Then that is refused because of the quantity
    And anyone sees "Desk lamp" at 24.50 with 7 in stock

  Scenario: An item of somebody else does not exist
    Given Sue is a seller
    When Sue changes the price of "Desk lamp" to 1.00
    Then that is refused: there is no such item

  Scenario: A variant gets another price, and a new one is added
    Given Sam offers "Cotton shirt" in variants
      | variant | colour | size | price | stock |
      | RED-M   | red    | M    | 15.99 | 20    |
    When Sam changes the variants of "Cotton shirt" to
      | variant | colour | size | price | stock |
      | RED-M   |        |      | 12.99 |       |
      | BLUE-M  | blue   | M    | 13.99 | 4     |
    Then anyone sees the variants of "Cotton shirt"
      | variant | colour | size | price | stock |
      | RED-M   | red    | M    | 12.99 | 20    |
      | BLUE-M  | blue   | M    | 13.99 | 4     |

  Scenario: A variant without stock is dropped
    Given Sam offers "Cotton shirt" in variants
      | variant | colour | size | price | stock |
      | RED-M   | red    | M    | 15.99 | 20    |
      | BLUE-M  | blue   | M    | 15.99 | 0     |
    When Sam drops the variant "BLUE-M" of "Cotton shirt"
    Then anyone sees the variants of "Cotton shirt"
      | variant | colour | size | price | stock |
      | RED-M   | red    | M    | 15.99 | 20    |

  Scenario: A variant that is in stock cannot be dropped
    Given Sam offers "Cotton shirt" in variants
      | variant | colour | size | price | stock |
      | RED-M   | red    | M    | 15.99 | 20    |
      | BLUE-M  | blue   | M    | 15.99 | 1     |
    When Sam drops the variant "BLUE-M" of "Cotton shirt"
    Then that is refused: the variant is still in stock
