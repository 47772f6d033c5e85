Feature: Cancelling an order
  Until it is paid, the buyer may change their mind.

  Background:
    Given Sam is a seller
    And Sam offers "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has put 2 of "Desk lamp" into the cart

  Scenario: Cancelled in time
    Given Ada pays with a card that is slow to answer
    When Ada cancels the order
    Then the order ends cancelled because the buyer wished it
    And the order reports "InventoryReleased"
    And the order never reports "PaymentCompleted"
    And 7 of "Desk lamp" are in stock
    And the cart of Ada holds 2 of "Desk lamp"

  Scenario: Cancelling twice is as good as once
    Given Ada pays with a card that is slow to answer
    And Ada cancels the order
    When Ada cancels the order
    Then the order ends cancelled because the buyer wished it

  Scenario: Cancelling what is cancelled already
    Given Ada pays with a card that is slow to answer
    And Ada cancels the order
    And the order ends cancelled because the buyer wished it
    When Ada cancels the order
    Then the order ends cancelled because the buyer wished it
    And the cart of Ada holds 2 of "Desk lamp"

  Scenario: Too late
    Given Ada pays
    And the order ends completed
    When Ada cancels the order
    Then that is refused: it is too late to cancel
    And the order ends completed

  Scenario: Nobody else cancels it
    Given Bob is a buyer
    And Ada pays with a card that is slow to answer
    When Bob cancels the order of Ada
    Then that is refused: there is no such order
    And the order ends completed
