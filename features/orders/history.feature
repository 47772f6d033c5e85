@orders @privacy
Feature: Seeing one's orders
  Buyers see their own orders. Sellers see what was ordered of them, and nothing else.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50 with 50 in stock
    And Ada is a buyer

  Rule: A buyer sees every own order, the newest first

    Scenario: The newest order comes first
      Given Ada has bought 1 of "Desk lamp"
      And Ada has bought 2 of "Desk lamp"
      When Ada looks at the own orders
      Then Ada sees orders for "49.00, 24.50"

    Scenario: A long list comes page by page, nothing twice
      Given Ada has bought 1 of "Desk lamp"
      And Ada has bought 2 of "Desk lamp"
      And Ada has bought 3 of "Desk lamp"
      When Ada leafs through the own orders 2 at a time
      Then Ada sees orders for "73.50, 49.00, 24.50"
      And Ada has seen 2 pages

    @money
    Scenario: A price that was paid stays what it was
      Given Ada has bought 1 of "Desk lamp"
      When Sam changes the price of "Desk lamp" to 99.00
      Then Ada has an order of 1 of "Desk lamp" for 24.50

  Rule: For everybody else the order does not exist

    Scenario: Another buyer does not see it
      Given Bob is a buyer
      And Ada has bought 1 of "Desk lamp"
      When Bob looks at the order of Ada
      Then that is refused: there is no such order
      And Bob has 0 orders

    Scenario: An order that nobody placed looks the same
      When Ada looks at an order that does not exist
      Then that is refused: there is no such order

    Scenario: A guest has no orders
      When Kim looks at the own orders
      Then that is refused: nobody is logged in

  Rule: A seller sees the own lines of an order, and no order without any

    Scenario: Each of two sellers sees what was ordered of them
      Given Sue is a seller
      And Sue sells "Rug" at 70.00 with 3 in stock
      And Ada has put 1 of "Rug" into the cart
      And Ada has put 2 of "Desk lamp" into the cart
      When Ada pays
      Then Sam is shown the order, completed, with 2 of "Desk lamp" and nothing else
      And Sue is shown the order, completed, with 1 of "Rug" and nothing else

    Scenario: A seller of whom nothing was ordered sees nothing
      Given Sue is a seller
      And Ada has bought 1 of "Desk lamp"
      When Sue looks at the order of Ada
      Then that is refused: there is no such order
      And Sue has 0 orders
