@notifications
Feature: Notifications of an order
  Buyers and sellers are notified of what happened, once, and not before it is certain.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has put 2 of "Desk lamp" into the cart

  @money
  Rule: Nobody is notified of what is not certain yet

    Scenario: Of an order that is completed, buyer and seller are notified once
      When Ada pays
      Then Ada is notified once that the order is confirmed
      And Ada is notified once that the order is completed
      And Sam is notified once that there is a new order

    Scenario: An order that is undone was never confirmed
      When Ada pays with a card that is declined
      Then Ada is notified once that the order is cancelled
      And Ada is not notified that the order is confirmed
      And Ada is not notified that the order is completed
      And Sam is not notified that there is a new order

  @privacy
  Rule: Everybody reads the own notifications, and no others

    Scenario: Another buyer is not notified
      Given Bob is a buyer
      When Ada pays
      Then Ada is notified once that the order is confirmed
      And Bob is not notified that the order is confirmed

    Scenario: What was read is marked
      Given Ada has been notified that an order is confirmed
      When Ada reads that the order is confirmed
      Then Ada has read that the order is confirmed

    Scenario: Nobody reads for others
      Given Bob is a buyer
      And Ada has been notified that an order is confirmed
      When Bob reads the notifications of Ada about the order
      Then that is refused: there is no such notification

    Scenario: A guest has no notifications
      When Gus looks at the own notifications
      Then that is refused: nobody is logged in
