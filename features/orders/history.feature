Feature: Seeing one's orders
  Buyers see their own orders. Sellers see what was ordered of them, and nothing else.

  Background:
    Given Sam is a seller
    And Sam offers "Desk lamp" at 24.50 with 50 in stock
    And Ada is a buyer

  Scenario: The newest order comes first
    Given Ada buys 1 of "Desk lamp"
    And Ada buys 2 of "Desk lamp"
    Then the orders of Ada are for "49.00, 24.50"

  Scenario: A long list comes page by page
    Given Ada buys 1 of "Desk lamp"
    And Ada buys 2 of "Desk lamp"
    And Ada buys 3 of "Desk lamp"
    When Ada leafs through the orders 2 at a time
    Then Ada has seen orders for "73.50, 49.00, 24.50" on 2 pages

  Scenario: A price that was paid stays what it was
    Given Ada buys 1 of "Desk lamp"
    When Sam changes the price of "Desk lamp" to 99.00
    Then Ada has an order of 1 of "Desk lamp" for 24.50

  Scenario: Nobody else sees the order
    Given Bob is a buyer
    And Ada buys 1 of "Desk lamp"
    When Bob looks at the order of Ada
    Then that is refused: there is no such order
    And Bob has 0 orders

  Scenario: An order that does not exist
    When Ada looks at an order that does not exist
    Then that is refused: there is no such order

  Scenario: A guest has no orders
    When Kim requests the own orders
    Then that is refused: nobody is logged in

  Scenario: Each seller sees the own lines
    Given Sue is a seller
    And Sue offers "Rug" at 70.00 with 3 in stock
    And Ada has put 1 of "Rug" into the cart
    And Ada has put 2 of "Desk lamp" into the cart
    When Ada pays
    Then the order ends completed
    And Sam is shown the order, completed, with 2 of "Desk lamp" and nothing else
    And Sue is shown the order, completed, with 1 of "Rug" and nothing else

  Scenario: A seller is not shown orders of others
    Given Sue is a seller
    And Ada buys 1 of "Desk lamp"
    And Sam is shown the order, completed, with 1 of "Desk lamp" and nothing else
    When Sue looks at the order of Ada
    Then that is refused: there is no such order
    And Sue has 0 orders
