@inventory @stock
Feature: Counting stock in and out
  Stock changes through receipts. Each has the seller's own reference and counts once, however often it is sent.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50 with 7 in stock

  Rule: What comes in is added, what goes out is taken off

    Scenario: A delivery is added
      When Sam receives 5 of "Desk lamp" with the reference "delivery 1"
      Then 12 of "Desk lamp" are in stock

    Scenario: What is broken is taken off
      When Sam takes 3 of "Desk lamp" out with the reference "broken"
      Then 4 of "Desk lamp" are in stock

    Scenario: A variant has a stock of its own
      Given Sam sells "Cotton shirt" in variants
        | variant | colour | size | price | stock |
        | RED-M   | red    | M    | 15.99 | 20    |
        | BLUE-M  | blue   | M    | 15.99 | 0     |
      When Sam receives 5 of the variant "BLUE-M" of "Cotton shirt" with the reference "delivery 1"
      Then anyone sees the variants of "Cotton shirt"
        | variant | colour | size | price | stock |
        | RED-M   | red    | M    | 15.99 | 20    |
        | BLUE-M  | blue   | M    | 15.99 | 5     |

    Scenario: What was sold out is found again among what is in stock
      Given Sam sells "Wall lamp" at 10.00 with 0 in stock
      When Sam receives 5 of "Wall lamp" with the reference "delivery 1"
      Then "Desk lamp, Wall lamp" are found among Sam's items that are in stock

  Rule: A reference counts once

    Scenario: A receipt that is sent again is not added again
      Given Sam has received 5 of "Desk lamp" with the reference "delivery 1"
      When Sam receives 5 of "Desk lamp" with the reference "delivery 1"
      Then 12 of "Desk lamp" are in stock

    Scenario: The next delivery is added too
      Given Sam has received 5 of "Desk lamp" with the reference "delivery 1"
      When Sam receives 5 of "Desk lamp" with the reference "delivery 2"
      Then 17 of "Desk lamp" are in stock

  Rule: Nothing is taken out that is not free

    Scenario: No more goes out than there is
      When Sam takes 8 of "Desk lamp" out with the reference "broken"
      Then that is refused: there is not so much in stock
      And 7 of "Desk lamp" are in stock

    Scenario: What is ordered is not taken out
      Given Ada is a buyer
      And Ada has put 6 of "Desk lamp" into the cart
      And Ada has paid with a card that is slow to answer
      When Sam takes 2 of "Desk lamp" out with the reference "broken"
      Then that is refused: there is not so much in stock

  Rule: A receipt says how much of what came in, and comes from the seller

    Scenario: Which variant came in has to be said
      Given Sam sells "Cotton shirt" in variants
        | variant | colour | size | price | stock |
        | RED-M   | red    | M    | 15.99 | 20    |
      When Sam receives 5 of "Cotton shirt" with the reference "delivery 1"
      Then that is refused because of the variant

    Scenario: Nothing is no receipt
      When Sam receives 0 of "Desk lamp" with the reference "delivery 1"
      Then that is refused because of the quantity

    @privacy
    Scenario: Nobody counts the stock of another seller
      Given Sue is a seller
      When Sue receives 5 of "Desk lamp" with the reference "delivery 1"
      Then that is refused: there is no such item
      And 7 of "Desk lamp" are in stock
