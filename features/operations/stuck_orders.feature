Feature: Orders that need a person
  An operator sees what keeps an order, decides what only a person can, and the decision is kept.

  Background:
    Given Sam is a seller
    And Sam offers "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Olga is an operator
    And Ada has put 2 of "Desk lamp" into the cart

  Rule: An operator sees what keeps an order, and what was decided over it

    Scenario: An order that waits for its bank
      When Ada pays with a card that is slow to answer
      Then Olga sees that the order waits for its payment

    Scenario: An order that is over
      Given Ada pays
      And the order ends completed
      When Olga looks at the order
      Then the order that Olga sees waits for nothing
      And the order that Olga sees was paid once

  Rule: A decision has its effect, and is kept with who, why and what shows it

    Scenario: The charge is known to have failed
      Given Ada pays with a card that is slow to answer
      When Olga states that the payment was declined, as "the bank says so" by "ticket 7"
      Then the order ends cancelled because the payment was declined
      And 7 of "Desk lamp" are in stock
      And the audit names Olga, "the bank says so" and "ticket 7"

    Scenario: The same decision under one request name counts once
      Given Ada pays
      And the order ends completed
      When Olga has the order tried again under the request name "again-1"
      And Olga has the order tried again under the request name "again-1"
      Then the audit holds 1 decision over the order

    Scenario: A request name stands for one decision
      Given Ada pays
      And the order ends completed
      And Olga has the order tried again under the request name "again-2"
      When Olga has the order undone under the request name "again-2"
      Then that is refused: the request name stands for another decision

  Rule: What would do harm is refused, and nothing of it is kept

    Scenario: An order that is over is not undone
      Given Ada pays
      And the order ends completed
      When Olga has the order undone
      Then that is refused: the order does not wait for that
      And the audit holds 0 decisions over the order
      And the order ends completed

    Scenario: A decision without a reason
      Given Ada pays
      When Olga has the order tried again without saying why
      Then that is refused because of the reason

    Scenario: An order that nobody knows
      When Olga looks at an order that nobody placed
      Then that is refused: there is no order to decide over

  Rule: Nobody but an operator sees or decides

    Scenario: The buyer looks at what operators see
      Given Ada pays
      When Ada looks at the order as an operator would
      Then that is refused: this is for operators

    Scenario: A seller decides over an order
      Given Ada pays
      When Sam has the order undone
      Then that is refused: this is for operators
