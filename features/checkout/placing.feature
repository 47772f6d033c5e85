Feature: Placing an order
  Whoever pays for a cart has an order at once. What was seen is what is paid, and nothing is ordered twice.

  Background:
    Given Sam is a seller
    And Sam offers "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has put 2 of "Desk lamp" into the cart

  Scenario: An order is placed
    When Ada pays
    Then Ada has an order of 2 of "Desk lamp" for 49.00
    And the cart of Ada is empty

  Scenario: An order begins as pending
    When Ada pays
    Then the order was pending when it was placed

  Scenario: Who waits a moment sees how it ends
    When Ada pays and waits for the end
    Then the order was completed when it was placed

  Scenario: The goods are held from the moment the order is placed
    When Ada pays with a card that is slow to answer
    Then 5 of "Desk lamp" are in stock

  Scenario: A double click makes one order
    When Ada pays twice for the same cart
    Then both answers are the same order
    And Ada has 1 order

  Scenario: A request that is sent again makes one order
    When Ada pays under the request name "monday" and, hearing nothing, does it once more
    Then both answers are the same order
    And Ada has 1 order

  Scenario: A request name stands for one request
    Given Ada pays under the request name "monday"
    And Ada has put 1 of "Desk lamp" into the cart
    When Ada pays under the request name "monday"
    Then that is refused: the request name stands for another request

  Scenario: Two buyers may use the same request name
    Given Bob is a buyer
    And Bob has put 1 of "Desk lamp" into the cart
    And Ada pays under the request name "monday"
    When Bob pays under the request name "monday"
    Then Bob has an order of 1 of "Desk lamp" for 24.50

  Scenario: The order goes to the address that was given
    When Ada pays and has it sent to Germany
    Then the order ends completed

  Scenario: Goods of two sellers make one order
    Given Sue is a seller
    And Sue offers "Rug" at 70.00 with 3 in stock
    And Ada has put 1 of "Rug" into the cart
    When Ada pays
    Then Ada has an order for 119.00
    And the order ends completed
