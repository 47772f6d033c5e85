@orders @money @stock
Feature: How an order ends
  Every order ends: it is completed, or it is undone as if it had never been.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has put 2 of "Desk lamp" into the cart

  Rule: An order that is paid and shipped is completed

    Scenario: The buyer has paid once, and the goods are on their way
      When Ada pays
      Then the order ends completed
      And the order reports "placed, goods held, paid, parcel ready, completed"
      And the order is paid with a card that ends in 4242
      And the order has a parcel with a number to follow
      And 5 of "Desk lamp" are in stock

    Scenario: What is ordered is delivered, even if it goes off sale meanwhile
      Given Ada has paid with a card that is slow to answer
      When Sam withdraws "Desk lamp"
      Then the order ends completed

  Rule: A charge whose answer is lost or late is made once

    Scenario: The bank has charged, but its answer is lost
      When Ada pays with a card whose first answer is lost
      Then the order ends completed
      And the order reports "paid" once
      And 5 of "Desk lamp" are in stock

    Scenario: The bank is slow and has not charged yet
      When Ada pays with a card that is slow to answer
      Then the order ends completed
      And the order reports "paid" once
      And 5 of "Desk lamp" are in stock

  Rule: A card that is declined undoes the order, and the buyer may try another

    Scenario Outline: Nothing is paid with a card that <card>
      When Ada pays with a card that <card>
      Then the order ends cancelled because the payment was declined
      And the order reports "declined, goods released"
      And the order never reports "paid"
      And 7 of "Desk lamp" are in stock
      And the order says that its lines are back in the cart of Ada
      And the cart of Ada holds 2 of "Desk lamp"

      Examples:
        | card           |
        | is declined    |
        | has too little |

    Scenario: Another card buys the last piece that the first one could not
      Given Sam sells "Last lamp" at 10.00 with 1 in stock
      And Bob is a buyer
      And Bob has put 1 of "Last lamp" into the cart
      And Bob has paid in vain with a card that is declined
      When Bob pays
      Then the order ends completed
      And 0 of "Last lamp" are in stock

    Scenario: Lines that come back stand beside what is in the cart by now
      Given Sam sells "Floor lamp" at 89.00 with 5 in stock
      And Ada has paid with a card that is slow to answer
      And Ada has put 1 of "Floor lamp" into the cart
      When Ada cancels the order
      Then the order ends cancelled because the buyer wished it
      And the cart of Ada holds 2 of "Desk lamp"
      And the cart of Ada holds 1 of "Floor lamp"

  Rule: What the carrier cannot deliver is paid back

    Background:
      Given the carrier does not deliver to Antarctica

    Scenario: The buyer has the money back, and the seller the goods
      When Ada pays and has it sent to Antarctica
      Then the order ends cancelled because it cannot be shipped
      And the order reports "paid, goods released, paid back"
      And the payment of the order is refunded
      And 7 of "Desk lamp" are in stock
      And the cart of Ada holds 2 of "Desk lamp"

    Scenario: The account's address is as far away as one that is typed in
      Given Ada has an address in Antarctica
      When Ada pays
      Then the order ends cancelled because it cannot be shipped
      And the payment of the order is refunded
