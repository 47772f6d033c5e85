@catalog
Feature: Putting items on sale and taking them off
  Only what is on sale is found and bought. Its seller sees it all the time.

  Background:
    Given Sam is a seller

  Rule: What is on sale is found

    Scenario: A draft goes on sale
      Given Sam has drafted "Desk lamp" at 24.50 with 7 in stock
      When Sam publishes "Desk lamp"
      Then "Desk lamp" is on sale
      And "Desk lamp" is found among Sam's items

    Scenario: A withdrawn item comes back as it was
      Given Sam sells "Desk lamp" at 24.50 with 7 in stock
      And Sam has withdrawn "Desk lamp"
      When Sam publishes "Desk lamp"
      Then anyone sees "Desk lamp" at 24.50 with 7 in stock
      And "Desk lamp" is found among Sam's items

  @privacy
  Rule: What is off sale is seen by its seller alone

    Scenario: A withdrawn item disappears for everybody else
      Given Sam sells "Desk lamp" at 24.50 with 7 in stock
      And searches know all of Sam's items
      When Sam withdraws "Desk lamp"
      Then Sam sees "Desk lamp" as withdrawn
      And nobody else sees "Desk lamp"
      And nothing is found among Sam's items

    Scenario: Withdrawing twice is as good as once
      Given Sam sells "Desk lamp" at 24.50 with 7 in stock
      And Sam has withdrawn "Desk lamp"
      When Sam withdraws "Desk lamp"
      Then Sam sees "Desk lamp" as withdrawn

  @privacy
  Rule: Nobody but its seller decides whether an item is on sale

    Scenario Outline: Another seller <does> nothing
      Given Sue is a seller
      And Sam sells "Desk lamp" at 24.50 with 7 in stock
      When Sue <does> "Desk lamp"
      Then that is refused: there is no such item
      And "Desk lamp" is on sale

      Examples:
        | does      |
        | withdraws |
        | publishes |
