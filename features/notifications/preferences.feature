@notifications @privacy
Feature: Choosing notifications
  People choose by kind and channel what they are notified of.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has put 2 of "Desk lamp" into the cart

  Rule: What concerns an order is sent unless it is turned off, what advertises is not

    Scenario: A new buyer gets what concerns orders, and no advertising
      When Ada looks at the own choice of notifications
      Then Ada gets "confirmed orders" by "e-mail"
      And Ada gets "confirmed orders" by "inbox"
      And Ada does not get "items back in stock" by "e-mail"

    Scenario: What is turned off is not sent
      Given Ada has turned off "confirmed orders" by "e-mail"
      And Ada has turned off "confirmed orders" by "inbox"
      When Ada pays
      Then Ada is notified once that the order is completed
      And Ada is not notified that the order is confirmed

    Scenario: The other kinds and channels stay as they are
      When Ada turns off "confirmed orders" by "e-mail"
      Then Ada does not get "confirmed orders" by "e-mail"
      And Ada gets "confirmed orders" by "inbox"
      And Ada gets "cancelled orders" by "e-mail"

  Rule: Only what there is can be turned off, and nothing that guards the account

    Scenario: What guards the account stays on
      When Ada turns off "forgotten passwords" by "e-mail"
      Then that is refused because of the forgotten passwords

    Scenario: Nobody turns off a kind that there is not
      When Ada turns off "lottery" by "e-mail"
      Then that is refused because of the lottery

    Scenario: Nobody turns off a channel that there is not
      When Ada turns off "confirmed orders" by "pigeon"
      Then that is refused because of the pigeon

  Rule: Sellers have kinds of their own

    Scenario: A seller gets new orders
      When Sam looks at the own choice of notifications
      Then Sam gets "new orders" by "e-mail"

    Scenario: A seller has no kinds of buyers
      When Sam turns off "confirmed orders" by "e-mail"
      Then that is refused because of the confirmed orders
