@orders
Feature: What others keep with a cart and an order
  A team that builds on the shop keeps data of its own with carts, their lines and orders. The shop
  keeps it, shows it, and reads nothing into it.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has put 2 of "Desk lamp" into the cart
    And Ada has noted "channel" as "app" with the cart
    And Ada has noted "engraving" as "For Bob" with "Desk lamp" in the cart

  Rule: Notes go where the goods go

    Scenario: They go along with the order, and the cart is as new
      When Ada pays
      Then the order notes "channel" as "app"
      And the order notes "engraving" as "For Bob" with "Desk lamp"
      And Sam sees that the order notes "engraving" as "For Bob" with "Desk lamp"
      And the cart of Ada notes nothing

    Scenario: They stay when a quantity changes
      When Ada puts 3 of "Desk lamp" into the cart
      Then the cart of Ada notes "channel" as "app"
      And the cart of Ada notes "engraving" as "For Bob" with "Desk lamp"

    @money
    Scenario: They come back with the lines of an order that is undone
      When Ada pays with a card that is declined
      Then the order ends cancelled because the payment was declined
      And the cart of Ada notes "channel" as "app"
      And the cart of Ada notes "engraving" as "For Bob" with "Desk lamp"

  Rule: Notes are taken away by name, and there are fifty at most

    Scenario: A note that is taken away is gone
      When Ada no longer notes "channel" with the cart
      Then the cart of Ada notes nothing

    Scenario: The fifty-first note is refused
      When Ada notes 51 things with the cart
      Then that is refused because of the notes
