@orders @money
Feature: Cancelling an order
  Until it is paid, the buyer may change their mind.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has put 2 of "Desk lamp" into the cart

  @stock
  Rule: An order that is not paid yet is undone as if it had never been

    Scenario: The goods are free again, and the lines are back in the cart
      Given Ada has paid with a card that is slow to answer
      When Ada cancels the order
      Then the order ends cancelled because the buyer wished it
      And the order reports "goods released"
      And the order never reports "paid"
      And 7 of "Desk lamp" are in stock
      And the cart of Ada holds 2 of "Desk lamp"

    Scenario: Cancelling twice is as good as once
      Given Ada has paid with a card that is slow to answer
      And Ada has cancelled the order
      When Ada cancels the order
      Then the order ends cancelled because the buyer wished it

    Scenario: Cancelling an order that is undone brings nothing back a second time
      Given Ada has cancelled an order, and it is undone
      When Ada cancels the order
      Then the order ends cancelled because the buyer wished it
      And the cart of Ada holds 2 of "Desk lamp"

  Rule: An order that is completed stays completed

    Scenario: The buyer who cancels too late keeps the order
      Given Ada has paid, and the order is completed
      When Ada cancels the order
      Then that is refused: it is too late to cancel
      And the order ends completed

  @privacy
  Rule: Nobody but its buyer cancels an order

    Scenario: For another buyer the order does not exist
      Given Bob is a buyer
      And Ada has paid with a card that is slow to answer
      When Bob cancels the order of Ada
      Then that is refused: there is no such order
      And the order ends completed
