Feature: Counting stock in and out
  Stock changes through receipts. Each has the seller's own reference and counts once, however often it is sent.

  Background:
    Given Sam is a seller
    And Sam offers "Desk lamp" at 24.50 with 7 in stock

  Scenario: Goods come in
    When Sam receives 5 of "Desk lamp" with the reference "delivery 1"
    Then 12 of "Desk lamp" are in stock

  Scenario: Goods are taken out
    When Sam takes 3 of "Desk lamp" out with the reference "broken"
    Then 4 of "Desk lamp" are in stock

  Scenario: A receipt that is sent again counts once
    Given Sam receives 5 of "Desk lamp" with the reference "delivery 1"
    When Sam receives 5 of "Desk lamp" with the reference "delivery 1"
    Then 12 of "Desk lamp" are in stock

  Scenario: The next delivery counts too
    Given Sam receives 5 of "Desk lamp" with the reference "delivery 1"
    When Sam receives 5 of "Desk lamp" with the reference "delivery 2"
    Then 17 of "Desk lamp" are in stock

  Scenario: No more is taken out than there is
    When Sam takes 8 of "Desk lamp" out with the reference "broken"
    Then that is refused: there is not so much in stock
    And 7 of "Desk lamp" are in stock

  Scenario: What is ordered is not taken out
    Given Ada is a buyer
    And Ada has put 6 of "Desk lamp" into the cart
    And Ada pays with a card that is slow to answer
    When Sam takes 2 of "Desk lamp" out with the reference "broken"
    Then that is refused: there is not so much in stock

  Scenario: A variant has a stock of its own
    Given Sam offers "Cotton shirt" in variants
      | variant | colour | size | price | stock |
      | RED-M   | red    | M    | 15.99 | 20    |
      | BLUE-M  | blue   | M    | 15.99 | 0     |
    When Sam receives 5 of the variant "BLUE-M" of "Cotton shirt" with the reference "delivery 1"
    Then anyone sees the variants of "Cotton shirt"
      | variant | colour | size | price | stock |
      | RED-M   | red    | M    | 15.99 | 20    |
      | BLUE-M  | blue   | M    | 15.99 | 5     |

  Scenario: Which variant came in has to be said
    Given Sam offers "Cotton shirt" in variants
      | variant | colour | size | price | stock |
      | RED-M   | red    | M    | 15.99 | 20    |
    When Sam receives 5 of "Cotton shirt" with the reference "delivery 1"
    Then that is refused because of the variantId

  Scenario: Nothing is no receipt
    When Sam receives 0 of "Desk lamp" with the reference "delivery 1"
    Then that is refused because of the quantity

  Scenario: Nobody counts the stock of somebody else
    Given Sue is a seller
    When Sue receives 5 of "Desk lamp" with the reference "delivery 1"
    Then that is refused: there is no such item
    And 7 of "Desk lamp" are in stock

  Scenario: A sold-out item is available again
    Given Sam offers "Wall lamp" at 10.00 with 0 in stock
    When Sam receives 5 of "Wall lamp" with the reference "delivery 1"
    Then a search among Sam's items that are in stock finds "Desk lamp, Wall lamp"
