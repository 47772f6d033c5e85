@orders @money
Feature: Buyers who have to act before they are charged
  Some banks want to see the buyer before a card is charged. The order waits for that with its
  goods held, and believes nobody but the bank.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has put 2 of "Desk lamp" into the cart

  @stock
  Rule: The order waits for its buyer, with the goods held

    Scenario: The buyer is asked to act
      When Ada pays with a card that has a bank that wants to see the buyer
      Then the order waits for its buyer
      And 5 of "Desk lamp" are in stock

    Scenario: A bank that decides later is waited for as well
      When Ada pays with a card that is decided later
      Then the order ends completed
      And the order reports "paid" once

    Scenario: The buyer cancels in place of acting
      Given Ada has been asked to act by the bank
      When Ada cancels the order
      Then the order ends cancelled because the buyer wished it
      And 7 of "Desk lamp" are in stock

  @stock
  Rule: The bank's answer counts, and nobody else's

    Scenario: The buyer approves, and the order is paid
      Given Ada has been asked to act by the bank
      When Ada comes back from the bank having approved
      Then the order ends completed
      And the order reports "goods held, buyer asked, paid"
      And 5 of "Desk lamp" are in stock

    Scenario: The buyer fails, and nothing is paid
      Given Ada has been asked to act by the bank
      When Ada comes back from the bank having failed
      Then the order ends cancelled because the payment was declined
      And the order never reports "paid"
      And 7 of "Desk lamp" are in stock
      And the cart of Ada holds 2 of "Desk lamp"

    Scenario: The bank may decline though the buyer has approved
      Given Ada has been asked to act by a bank that declines afterwards
      When Ada comes back from the bank having approved
      Then the order ends cancelled because the payment was declined
      And 7 of "Desk lamp" are in stock

    Scenario: Coming back without having acted changes nothing
      Given Ada has been asked to act by the bank
      When Ada comes back from the bank having done nothing
      Then the order waits for its buyer
      And 5 of "Desk lamp" are in stock
