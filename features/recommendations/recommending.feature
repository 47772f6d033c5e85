@recommendations
Feature: Recommendations
  A visitor sees what others like, a buyer what goes with what they bought.

  Background:
    Given Sam is a seller
    And Sam sells "Espresso machine" at 249.00 with 90 in stock
    And Sam sells "Coffee beans" at 12.50 with 4 in stock
    And Ada is a buyer
    And Bob is a buyer
    And Cleo is a buyer

  Rule: What is bought together goes together

    Scenario: Beside an item stands what others bought with it
      Given Bob has bought "Espresso machine, Coffee beans"
      And Cleo has bought "Espresso machine, Coffee beans"
      When Ada looks at "Espresso machine"
      Then Ada is recommended "Coffee beans" as bought with "Espresso machine"

    Scenario: A buyer sees what goes with what they bought, and not that again
      Given Bob has bought "Espresso machine, Coffee beans"
      And Ada has bought "Espresso machine"
      When Ada looks for recommendations
      Then Ada is recommended "Coffee beans" because of "Espresso machine"
      And Ada is not recommended "Espresso machine"

    Scenario: Where nothing is known of an item something is recommended all the same
      Given Sam sells "Milk jug" at 19.00 with 90 in stock
      When Ada looks at "Milk jug"
      Then something is recommended to Ada beside "Milk jug"

  Rule: Nothing is recommended that is of no use to the buyer

    Background:
      Given Ada has been recommended "Coffee beans" because of "Espresso machine"

    Scenario: What is in the cart is no news
      When Ada puts 1 of "Coffee beans" into the cart
      Then Ada is not recommended "Coffee beans"

    @stock
    Scenario: What is sold out is of no use
      When Cleo buys 3 of "Coffee beans"
      Then Ada is not recommended "Coffee beans"

    Scenario: What is withdrawn is of no use
      When Sam withdraws "Coffee beans"
      Then Ada is not recommended "Coffee beans"

    @privacy
    Scenario: Who wants no personal recommendations has none
      When Ada wants no personal recommendations
      Then nothing is recommended to Ada because of what was bought
