@orders
Feature: Following an order
  A buyer who waits receives every step as it happens.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has put 2 of "Desk lamp" into the cart

  @money
  Rule: Every step is received once, in the order in which it happened

    Scenario: The buyer of a completed order receives every step to the end
      Given Ada has paid
      When Ada follows the order
      Then Ada receives "placed, goods held, paid, parcel ready, completed"

    Scenario: The buyer of an order that is undone is told of its end
      Given Ada has paid with a card that is declined
      When Ada follows the order
      Then Ada receives "placed" first
      And Ada receives "cancelled" last

    Scenario: Each step has the time at which it happened
      When Ada pays and waits for the end
      Then the steps of the order are in the order of their times

  Rule: Whoever lost the connection goes on where it broke

    Scenario: Steps that were received already are not sent again
      Given Ada has paid, and the order is completed
      When Ada follows the order from step 2
      Then Ada receives "paid, parcel ready, completed"

    Scenario: Behind the last step there is nothing to receive
      Given Ada has paid, and the order is completed
      When Ada follows the order from step 5
      Then Ada receives nothing

  @privacy
  Rule: Nobody but its buyer follows an order

    Scenario: For another buyer there is no order to follow
      Given Bob is a buyer
      And Ada has paid
      When Bob follows the order of Ada
      Then that is refused: there is no such order
