@operations @money
Feature: Orders that need a person
  An operator sees what keeps an order, decides what only a person can, and the decision is kept.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Olga is an operator
    And Ada has put 2 of "Desk lamp" into the cart

  Rule: An operator sees what keeps an order

    Scenario: An order that waits for its bank says so
      Given Ada has paid with a card that is slow to answer
      When Olga looks at the order
      Then Olga sees that the order waits for its payment

    Scenario: An order that is over waits for nothing, and was paid once
      Given Ada has paid, and the order is completed
      When Olga looks at the order
      Then Olga sees that the order waits for nothing
      And Olga sees that the order was paid once

  Rule: A decision has its effect, and is kept with who, why and what shows it

    @stock
    Scenario: A charge that is known to have failed undoes the order
      Given Ada has paid with a card that is slow to answer
      When Olga states that the payment was declined, as "the bank says so" by "ticket 7"
      Then the order ends cancelled because the payment was declined
      And 7 of "Desk lamp" are in stock
      And the audit names Olga, "the bank says so" and "ticket 7"

    Scenario: A decision that is sent again counts once
      Given Ada has paid, and the order is completed
      And Olga has sent the form that has the order tried again
      When Olga, hearing nothing, sends the form that has the order tried again once more
      Then the audit holds 1 decision over the order

    Scenario: A form that was sent does not decide something else
      Given Ada has paid, and the order is completed
      And Olga has sent the form that has the order tried again
      When Olga sends the same form to have the order undone
      Then that is refused: the form was sent for another decision
      And the audit holds 1 decision over the order

  Rule: What would do harm is refused, and nothing of it is kept

    Scenario: An order that is over is not undone
      Given Ada has paid, and the order is completed
      When Olga has the order undone
      Then that is refused: the order does not wait for that
      And the audit holds 0 decisions over the order
      And the order ends completed

    Scenario: Nobody states a payment that the bank does not show
      Given Ada has paid with a card that is slow to answer
      When Olga states that the payment was captured, as "the buyer says so" by "a letter"
      Then that is refused: the bank's books say otherwise
      And the audit holds 0 decisions over the order
      And the order ends completed

    Scenario: A decision has a reason
      Given Ada has paid
      When Olga has the order tried again without saying why
      Then that is refused because of the reason
      And the audit holds 0 decisions over the order

    Scenario: There is nothing to decide over an order that nobody placed
      When Olga looks at an order that nobody placed
      Then that is refused: there is no order to decide over

  @privacy
  Rule: Nobody but an operator sees or decides

    Scenario: The buyer does not see what operators see
      Given Ada has paid
      When Ada looks at the order as an operator would
      Then that is refused: this is for operators

    Scenario: A seller does not decide over an order
      Given Ada has paid
      When Sam has the order undone
      Then that is refused: this is for operators
      And the audit holds 0 decisions over the order
