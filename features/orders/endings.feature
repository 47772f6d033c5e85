Feature: How an order ends
  Every order ends: it is completed, or it is undone as if it had never been.

  Background:
    Given Sam is a seller
    And Sam offers "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has put 2 of "Desk lamp" into the cart

  Scenario: Completed
    When Ada pays
    Then the order ends completed
    And the order reports "OrderCreated, InventoryReserved, PaymentCompleted, ShipmentReady, OrderCompleted"
    And the order is paid with a card that ends in 4242
    And the order has a parcel with a number to follow
    And 5 of "Desk lamp" are in stock

  Scenario Outline: The card is declined
    When Ada pays with a card that <card>
    Then the order ends cancelled because the payment was declined
    And the order reports "PaymentDeclined"
    And the order reports "InventoryReleased"
    And the order never reports "PaymentCompleted"
    And 7 of "Desk lamp" are in stock
    And the order says that its lines are back in the cart of Ada
    And the cart of Ada holds 2 of "Desk lamp"

    Examples:
      | card              |
      | is declined       |
      | has too little    |

  Scenario: Another card after a decline
    Given Sam offers "Last lamp" at 10.00 with 1 in stock
    And Bob is a buyer
    And Bob has put 1 of "Last lamp" into the cart
    And Bob pays with a card that is declined
    And the order ends cancelled because the payment was declined
    When Bob pays
    Then the order ends completed
    And 0 of "Last lamp" are in stock

  Scenario: What was put into a new cart stays beside the lines that come back
    Given Sam offers "Floor lamp" at 89.00 with 5 in stock
    And Ada pays with a card that is declined
    And Ada has put 1 of "Floor lamp" into the cart
    When the order ends cancelled because the payment was declined
    Then the cart of Ada holds 2 of "Desk lamp"
    And the cart of Ada holds 1 of "Floor lamp"

  Scenario: The carrier cannot ship it
    When Ada pays and has it sent to Antarctica
    Then the order ends cancelled because it cannot be shipped
    And the order reports "PaymentCompleted"
    And the order reports "PaymentRefunded"
    And the order reports "InventoryReleased"
    And the payment of the order is refunded
    And 7 of "Desk lamp" are in stock
    And the cart of Ada holds 2 of "Desk lamp"

  Scenario: The address of the account counts where none is given
    Given Ada has an address in Antarctica
    When Ada pays
    Then the order ends cancelled because it cannot be shipped

  Scenario: The answer of the bank is lost, but it has charged
    When Ada pays with a card whose first answer is lost
    Then the order ends completed
    And the order reports "PaymentCompleted" once
    And 5 of "Desk lamp" are in stock

  Scenario: The bank is slow and has not charged yet
    When Ada pays with a card that is slow to answer
    Then the order ends completed
    And the order reports "PaymentCompleted" once
    And 5 of "Desk lamp" are in stock

  Scenario: What is ordered is delivered, even if it goes off sale meanwhile
    Given Ada pays with a card that is slow to answer
    When Sam withdraws "Desk lamp"
    Then the order ends completed
