Feature: Following an order
  A buyer who waits receives every step as it happens.

  Background:
    Given Sam is a seller
    And Sam offers "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has put 2 of "Desk lamp" into the cart

  Scenario: Step by step to the end
    Given Ada pays
    When Ada follows the order
    Then Ada receives "OrderCreated, InventoryReserved, PaymentCompleted, ShipmentReady, OrderCompleted"

  Scenario: To a sad end as well
    Given Ada pays with a card that is declined
    When Ada follows the order
    Then Ada receives "OrderCreated" first
    And Ada receives "OrderCancelled" last

  Scenario: Who lost the connection goes on where it broke
    Given Ada pays
    And the order ends completed
    When Ada follows the order from step 2
    Then Ada receives "PaymentCompleted, ShipmentReady, OrderCompleted"

  Scenario: Behind the last step there is nothing to tell
    Given Ada pays
    And the order ends completed
    When Ada follows the order from step 5
    Then Ada receives nothing

  Scenario: Nobody else follows it
    Given Bob is a buyer
    And Ada pays
    When Bob follows the order of Ada
    Then that is refused: there is no such order

  Scenario: Every step has its time
    Given Ada pays
    When the order ends completed
    Then the steps of the order are in the order of their times
