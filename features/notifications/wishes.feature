@notifications
Feature: Notifications of what is on the wishlist
  People who want it are notified when something on the wishlist costs less, or is in stock again.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer
    And Ada has wished for "Desk lamp"

  Rule: Whoever wants it is notified, and nobody else

    @money
    Scenario: A lower price is told to those who want to know
      Given Ada has turned on "lower prices" by "inbox"
      And Bob is a buyer
      And Bob has wished for "Desk lamp"
      When Sam changes the price of "Desk lamp" to 19.50
      Then Ada is notified once that "Desk lamp" costs less
      And Bob is not notified that "Desk lamp" costs less

    @stock
    Scenario: What can be had again is told to those who want to know
      Given Ada has turned on "items back in stock" by "inbox"
      And Sam has taken 7 of "Desk lamp" out with the reference "lost"
      When Sam receives 5 of "Desk lamp" with the reference "found"
      Then Ada is notified once that "Desk lamp" is back in stock
