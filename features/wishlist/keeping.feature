Feature: A wishlist
  A buyer remembers what to buy one day, and sees what it costs now.

  Background:
    Given Sam is a seller
    And Sam offers "Desk lamp" at 24.50 with 7 in stock
    And Sam offers "Floor lamp" at 89.00 with 2 in stock
    And Ada is a buyer

  Scenario: A new wishlist is empty
    Then the wishlist of Ada is empty

  Scenario: What was added last comes first
    When Ada wishes for "Desk lamp"
    And Ada wishes for "Floor lamp"
    Then the wishlist of Ada is "Floor lamp, Desk lamp"

  Scenario: Wishing twice is wishing once
    When Ada wishes for "Desk lamp"
    And Ada wishes for "Desk lamp"
    Then the wishlist of Ada is "Desk lamp"

  Scenario: A wish is given up, and given up again
    Given Ada wishes for "Desk lamp"
    When Ada gives up the wish for "Desk lamp"
    And Ada gives up the wish for "Desk lamp"
    Then the wishlist of Ada is empty

  Scenario: The price of now stands beside the price of then
    Given Ada wishes for "Desk lamp"
    When Sam changes the price of "Desk lamp" to 19.50
    Then the wishlist of Ada shows "Desk lamp" at 19.50, at first 24.50

  Scenario: What is withdrawn stays on the list
    Given Ada wishes for "Desk lamp"
    When Sam withdraws "Desk lamp"
    Then the wishlist of Ada shows that "Desk lamp" is withdrawn

  Scenario: What is sold out is shown as such
    Given Bob is a buyer
    And Ada wishes for "Floor lamp"
    When Bob buys 2 of "Floor lamp"
    Then the wishlist of Ada shows that "Floor lamp" is not in stock

  Scenario: Each variant is a wish of its own
    Given Sam offers "Cotton shirt" in variants
      | variant | colour | size | price | stock |
      | RED-M   | red    | M    | 15.99 | 20    |
      | BLUE-M  | blue   | M    | 17.99 | 4     |
    When Ada wishes for the variant "RED-M" of "Cotton shirt"
    And Ada wishes for the variant "BLUE-M" of "Cotton shirt"
    Then the wishlist of Ada is "Cotton shirt, Cotton shirt"

  Scenario: A variant that there is not is refused
    Given Sam offers "Cotton shirt" in variants
      | variant | colour | size | price | stock |
      | RED-M   | red    | M    | 15.99 | 20    |
    When Ada wishes for the variant "GREEN-M" of "Cotton shirt"
    Then that is refused because of the variantId

  Scenario: A draft is nobody else's to wish for
    Given Sam drafts "Secret lamp" at 10.00 with 1 in stock
    When Ada wishes for "Secret lamp"
    Then that is refused: there is no such item

  Scenario: Everybody has a list of their own
    Given Bob is a buyer
    And Ada wishes for "Desk lamp"
    Then the wishlist of Bob is empty

  Scenario: Nobody who is not logged in has one
    When Eve wishes for "Desk lamp"
    Then that is refused: nobody is logged in

  Scenario: Sellers have none
    When Sam wishes for "Desk lamp"
    Then that is refused: this is for buyers
