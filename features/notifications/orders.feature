Feature: Notifications of an order
  Buyers and sellers are notified of what happened, once, and not before it is certain.

  Background:
    Given Sam is a seller
    And Sam offers "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has put 2 of "Desk lamp" into the cart

  Scenario: A completed order
    Given Ada pays
    When the order ends completed
    Then Ada is notified once of the order by "order-confirmed, order-completed"
    And Sam is notified once of the order by "new-order"

  Scenario: An order that is undone was never confirmed
    Given Ada pays with a card that is declined
    When the order ends cancelled because the payment was declined
    Then Ada is notified once of the order by "order-cancelled"
    And Ada is not notified of the order by "order-confirmed, order-completed"
    And Sam is not notified of the order by "new-order"

  Scenario: Nobody is notified of what concerns others
    Given Bob is a buyer
    And Ada pays
    When the order ends completed
    Then Ada is notified once of the order by "order-confirmed"
    And Bob is not notified of the order by "order-confirmed"

  Scenario: What was read is marked
    Given Ada pays
    And the order ends completed
    And Ada is notified once of the order by "order-confirmed"
    When Ada reads that the order is confirmed
    Then Ada has read that the order is confirmed

  Scenario: Nobody reads for others
    Given Bob is a buyer
    And Ada pays
    And the order ends completed
    And Ada is notified once of the order by "order-confirmed"
    When Bob reads the notifications of Ada about the order
    Then that is refused: there is no such notification

  Scenario: A guest is not notified
    When Gus requests the own notifications
    Then that is refused: nobody is logged in
