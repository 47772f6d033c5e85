Feature: Carts of guests
  A guest fills a cart before logging in, and finds everything in it afterwards.

  Background:
    Given Sam is a seller
    And Sam offers "Desk lamp" at 24.50 with 7 in stock
    And Sam offers "Floor lamp" at 89.00 with 5 in stock

  Scenario: A guest has a cart
    Given Gil is a guest
    When Gil puts 2 of "Desk lamp" into the cart
    Then the cart of Gil holds 2 of "Desk lamp"

  Scenario: Guests do not see each other's carts
    Given Gil is a guest
    And Guy is a guest
    When Gil puts 2 of "Desk lamp" into the cart
    Then the cart of Guy is empty

  Scenario: The cart is kept at login
    Given Ada is a buyer
    And Ada has logged out
    And Ada has put 2 of "Desk lamp" into the cart
    When Ada logs in
    Then the cart of Ada holds 2 of "Desk lamp"

  Scenario: Both carts become one, with the larger quantity of what is in both
    Given Ada is a buyer
    And Ada has put 1 of "Desk lamp" into the cart
    And Ada has put 3 of "Floor lamp" into the cart
    And Ada has logged out
    And Ada has put 4 of "Desk lamp" into the cart
    And Ada has put 2 of "Floor lamp" into the cart
    When Ada logs in
    Then the cart of Ada holds 4 of "Desk lamp"
    And the cart of Ada holds 3 of "Floor lamp"

  Scenario: A guest's cart is merged once
    Given Ada is a buyer
    And Ada has logged out
    And Ada has put 2 of "Desk lamp" into the cart
    And Ada logs in
    And Ada has put 1 of "Desk lamp" into the cart
    When Ada logs in again, showing the guest's cart once more
    Then the cart of Ada holds 1 of "Desk lamp"

  Scenario: The next person at the same computer does not inherit the cart
    Given Ada is a buyer
    And Ada has logged out
    And Ada has put 2 of "Desk lamp" into the cart
    And Ada logs in
    And Ada looks at the cart
    And Ada has logged out
    When Gil goes on at the computer of Ada
    Then the cart of Gil is empty

  Scenario: A guest logs in to pay
    Given Gil is a guest
    When Gil puts 1 of "Desk lamp" into the cart
    And Gil pays
    Then that is refused: nobody is logged in

  Scenario: Changes to a guest's cart are shown at checkout
    Given Ada is a buyer
    And Ada has logged out
    And Ada has put 2 of "Desk lamp" into the cart
    And Ada remembers the cart
    And Ada logs in
    And Ada looks at the cart
    When Ada pays for the cart that was remembered
    Then that is refused: the cart was merged into another one
    And the cart to use is the cart of Ada
