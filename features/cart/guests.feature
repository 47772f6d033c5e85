@cart @privacy
Feature: Carts of guests
  A guest fills a cart before logging in, and finds everything in it afterwards.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50 with 7 in stock
    And Sam sells "Floor lamp" at 89.00 with 5 in stock

  Rule: A guest has a cart, and pays as a buyer

    Scenario: A guest fills a cart
      Given Gil is a guest
      When Gil puts 2 of "Desk lamp" into the cart
      Then the cart of Gil holds 2 of "Desk lamp"

    Scenario: Guests do not see each other's carts
      Given Gil is a guest
      And Guy is a guest
      When Gil puts 2 of "Desk lamp" into the cart
      Then the cart of Guy is empty

    Scenario: A guest does not pay before logging in
      Given Gil is a guest
      And Gil has put 1 of "Desk lamp" into the cart
      When Gil pays
      Then that is refused: nobody is logged in

  Rule: The guest's cart goes over into the buyer's at login, once

    Background:
      Given Ada is a buyer

    Scenario: What the guest chose is there after logging in
      Given Ada has logged out
      And Ada has put 2 of "Desk lamp" into the cart
      When Ada logs in
      Then the cart of Ada holds 2 of "Desk lamp"

    Scenario: Of what is in both carts the larger quantity stays
      Given Ada has put 1 of "Desk lamp" into the cart
      And Ada has put 3 of "Floor lamp" into the cart
      And Ada has logged out
      And Ada has put 4 of "Desk lamp" into the cart
      And Ada has put 2 of "Floor lamp" into the cart
      When Ada logs in
      Then the cart of Ada holds 4 of "Desk lamp"
      And the cart of Ada holds 3 of "Floor lamp"

    Scenario: A guest's cart does not come back at the next login
      Given Ada has logged out
      And Ada has put 2 of "Desk lamp" into the cart
      And Ada has logged in
      And Ada has put 1 of "Desk lamp" into the cart
      When Ada logs in again, showing the guest's cart once more
      Then the cart of Ada holds 1 of "Desk lamp"

    Scenario: The next person at the same computer does not inherit the cart
      Given Ada has logged out
      And Ada has put 2 of "Desk lamp" into the cart
      And Ada has logged in
      And Ada has looked at the cart
      And Ada has logged out
      When Gil goes on at the computer of Ada
      Then the cart of Gil is empty

    Scenario: Whoever pays for the guest's cart is shown the cart that it went into
      Given Ada has logged out
      And Ada has put 2 of "Desk lamp" into the cart
      And Ada remembers the cart
      And Ada has logged in
      And Ada has looked at the cart
      When Ada pays for the cart that was remembered
      Then that is refused: the cart was merged into another one
      And the cart to use is the cart of Ada
