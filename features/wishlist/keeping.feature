@wishlist
Feature: A wishlist
  A buyer remembers what to buy one day, and sees what it costs now.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50 with 7 in stock
    And Sam sells "Floor lamp" at 89.00 with 2 in stock
    And Ada is a buyer

  Rule: Each wish is on the list once, the newest first

    Scenario: A new wishlist is empty
      When Ada looks at the wishlist
      Then the wishlist of Ada is empty

    Scenario: What was added last comes first
      Given Ada has wished for "Desk lamp"
      When Ada wishes for "Floor lamp"
      Then the wishlist of Ada is "Floor lamp, Desk lamp"

    Scenario: Wishing twice is wishing once
      Given Ada has wished for "Desk lamp"
      When Ada wishes for "Desk lamp"
      Then the wishlist of Ada is "Desk lamp"

    Scenario: A wish may be given up again and again
      Given Ada has wished for "Desk lamp"
      And Ada has given up the wish for "Desk lamp"
      When Ada gives up the wish for "Desk lamp"
      Then the wishlist of Ada is empty

    Scenario: Each variant is a wish of its own
      Given Sam sells "Cotton shirt" in variants
        | variant | colour | size | price | stock |
        | RED-M   | red    | M    | 15.99 | 20    |
        | BLUE-M  | blue   | M    | 17.99 | 4     |
      And Ada has wished for the variant "RED-M" of "Cotton shirt"
      When Ada wishes for the variant "BLUE-M" of "Cotton shirt"
      Then the wishlist of Ada is "Cotton shirt, Cotton shirt"

  Rule: The list shows what has become of each wish

    @money
    Scenario: The price of now stands beside the price of then
      Given Ada has wished for "Desk lamp"
      When Sam changes the price of "Desk lamp" to 19.50
      Then the wishlist of Ada shows "Desk lamp" at 19.50, at first 24.50

    Scenario: What is withdrawn stays on the list
      Given Ada has wished for "Desk lamp"
      When Sam withdraws "Desk lamp"
      Then the wishlist of Ada shows that "Desk lamp" is withdrawn

    @stock
    Scenario: What is sold out is shown as such
      Given Bob is a buyer
      And Ada has wished for "Floor lamp"
      When Bob buys 2 of "Floor lamp"
      Then the wishlist of Ada shows that "Floor lamp" is not in stock

  Rule: Only what is on sale is wished for

    Scenario: A variant that there is not is refused
      Given Sam sells "Cotton shirt" in variants
        | variant | colour | size | price | stock |
        | RED-M   | red    | M    | 15.99 | 20    |
      When Ada wishes for the variant "GREEN-M" of "Cotton shirt"
      Then that is refused because of the variant

    Scenario: A draft is nobody else's to wish for
      Given Sam has drafted "Secret lamp" at 10.00 with 1 in stock
      When Ada wishes for "Secret lamp"
      Then that is refused: there is no such item

  @privacy
  Rule: Each buyer has a list, and sees no other

    Scenario: What one buyer wishes for is on nobody else's list
      Given Bob is a buyer
      When Ada wishes for "Desk lamp"
      Then the wishlist of Bob is empty

    Scenario: A guest has none
      When Eve wishes for "Desk lamp"
      Then that is refused: nobody is logged in

    Scenario: A seller has none
      When Sam wishes for "Desk lamp"
      Then that is refused: this is for buyers
