Feature: Buyers who have to act before they are charged
  Some banks want to see the buyer before a card is charged. The order waits for that with its
  goods held, and believes nobody but the bank.

  Background:
    Given Sam is a seller
    And Sam offers "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has put 2 of "Desk lamp" into the cart

  Scenario: The buyer approves
    Given Ada pays with a card that has a bank that wants to see the buyer
    And the order waits for its buyer
    When Ada comes back from the bank having approved
    Then the order ends completed
    And the order reports "InventoryReserved, PaymentActionRequired, PaymentCompleted"
    And 5 of "Desk lamp" are in stock

  Scenario: The buyer fails
    Given Ada pays with a card that has a bank that wants to see the buyer
    And the order waits for its buyer
    When Ada comes back from the bank having failed
    Then the order ends cancelled because the payment was declined
    And the order never reports "PaymentCompleted"
    And 7 of "Desk lamp" are in stock
    And the cart of Ada holds 2 of "Desk lamp"

  Scenario: The buyer approves, and the card is declined all the same
    Given Ada pays with a card that is declined after its bank has seen the buyer
    And the order waits for its buyer
    When Ada comes back from the bank having approved
    Then the order ends cancelled because the payment was declined
    And 7 of "Desk lamp" are in stock

  Scenario: Coming back proves nothing
    Given Ada pays with a card that has a bank that wants to see the buyer
    And the order waits for its buyer
    When Ada comes back from the bank having done nothing
    Then the order waits for its buyer
    And 5 of "Desk lamp" are in stock
    When Ada cancels the order
    Then the order ends cancelled because the buyer wished it

  Scenario: The buyer cancels in place of acting
    Given Ada pays with a card that has a bank that wants to see the buyer
    And the order waits for its buyer
    When Ada cancels the order
    Then the order ends cancelled because the buyer wished it
    And 7 of "Desk lamp" are in stock

  Scenario: The bank decides later
    When Ada pays with a card that is decided later
    Then the order ends completed
    And the order reports "PaymentCompleted" once
