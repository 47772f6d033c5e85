Feature: Choosing notifications
  People choose by kind and channel what they are notified of.

  Background:
    Given Sam is a seller
    And Sam offers "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has put 2 of "Desk lamp" into the cart

  Scenario: What is not said otherwise is sent, but for what advertises
    Then Ada gets "order-confirmed" by "email"
    And Ada gets "order-confirmed" by "inbox"
    And Ada does not get "back-in-stock" by "email"

  Scenario: What is turned off is not sent
    Given Ada turns off "order-confirmed" by "email"
    And Ada turns off "order-confirmed" by "inbox"
    And Ada pays
    When the order ends completed
    Then Ada is notified once of the order by "order-completed"
    And Ada is not notified of the order by "order-confirmed"

  Scenario: The other kinds stay as they are
    When Ada turns off "order-confirmed" by "email"
    Then Ada does not get "order-confirmed" by "email"
    And Ada gets "order-confirmed" by "inbox"
    And Ada gets "order-cancelled" by "email"

  Scenario: What guards the account cannot be turned off
    When Ada turns off "password-reset" by "email"
    Then that is refused because of the password-reset

  Scenario: A kind that does not exist
    When Ada turns off "lottery" by "email"
    Then that is refused because of the lottery

  Scenario: A channel that does not exist
    When Ada turns off "order-confirmed" by "pigeon"
    Then that is refused because of the pigeon

  Scenario: Sellers have kinds of their own
    Then Sam gets "new-order" by "email"
    When Sam turns off "order-confirmed" by "email"
    Then that is refused because of the order-confirmed
