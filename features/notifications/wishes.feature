Feature: Notifications of what is on the wishlist
  People who want it are notified when something on the wishlist costs less, or is in stock again.

  Background:
    Given Sam is a seller
    And Sam offers "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada wishes for "Desk lamp"

  Scenario: It costs less
    Given Ada turns on "price-dropped" by "inbox"
    And Bob is a buyer
    And Bob wishes for "Desk lamp"
    When Sam changes the price of "Desk lamp" to 19.50
    Then Ada is notified once of "Desk lamp" by "price-dropped"
    And Bob is not notified of "Desk lamp" by "price-dropped"

  Scenario: It can be had again
    Given Ada turns on "back-in-stock" by "inbox"
    And Sam receives -7 of "Desk lamp" with the reference "lost"
    When Sam receives 5 of "Desk lamp" with the reference "found"
    Then Ada is notified once of "Desk lamp" by "back-in-stock"
