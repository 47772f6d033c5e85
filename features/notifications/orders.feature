Feature: Being told of an order
  Whoever buys or sells is told of what happened, once, and not before it is certain.

  Background:
    Given Sam is a seller
    And Sam offers "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has put 2 of "Desk lamp" into the cart

  Scenario: A completed order
    Given Ada pays
    When the order ends completed
    Then Ada is told once of the order by "order-confirmed, order-completed"
    And Sam is told once of the order by "new-order"

  Scenario: An order that is undone was never confirmed
    Given Ada pays with a card that is declined
    When the order ends cancelled because the payment was declined
    Then Ada is told once of the order by "order-cancelled"
    And Ada is not told of the order by "order-confirmed, order-completed"
    And Sam is not told of the order by "new-order"

  Scenario: Nobody is told of what concerns others
    Given Bob is a buyer
    And Ada pays
    When the order ends completed
    Then Ada is told once of the order by "order-confirmed"
    And Bob is not told of the order by "order-confirmed"

  Scenario: What was read is marked
    Given Ada pays
    And the order ends completed
    And Ada is told once of the order by "order-confirmed"
    When Ada reads that the order is confirmed
    Then Ada has read that the order is confirmed

  Scenario: Nobody reads for others
    Given Bob is a buyer
    And Ada pays
    And the order ends completed
    And Ada is told once of the order by "order-confirmed"
    When Bob reads what Ada was told of the order
    Then that is refused: there is no such notification

  Scenario: A guest is told nothing
    When Gus requests the own notifications
    Then that is refused: nobody is logged in
