Feature: Recommendations
  A visitor sees what others like, a buyer what goes with what they bought.

  Background:
    Given Sam is a seller
    And Sam offers "Espresso machine" at 249.00 with 90 in stock
    And Sam offers "Coffee beans" at 12.50 with 90 in stock
    And Sam offers "Milk jug" at 19.00 with 90 in stock
    And Ada is a buyer
    And Bob is a buyer
    And Cleo is a buyer

  Scenario: What is bought together is shown beside an item
    Given Bob has bought "Espresso machine, Coffee beans"
    And Cleo has bought "Espresso machine, Coffee beans"
    Then beside "Espresso machine" the shop recommends "Coffee beans" as bought with it

  Scenario: A buyer sees what goes with what they bought
    Given Bob has bought "Espresso machine, Coffee beans"
    And Ada has bought "Espresso machine"
    Then the shop recommends "Coffee beans" to Ada because of "Espresso machine"
    And the shop does not recommend "Espresso machine" to Ada

  Scenario: What is in the cart is no news
    Given Bob has bought "Espresso machine, Coffee beans"
    And Ada has bought "Espresso machine"
    And Ada has put 1 of "Coffee beans" into the cart
    Then the shop does not recommend "Coffee beans" to Ada

  Scenario: What is sold out is not recommended
    Given Sam offers "Last kettle" at 40.00 with 2 in stock
    And Bob has bought "Last kettle"
    And Cleo has bought "Last kettle"
    Then the shop does not recommend "Last kettle" to Ada

  Scenario: What is withdrawn is not recommended
    Given Bob has bought "Milk jug"
    When Sam withdraws "Milk jug"
    Then the shop does not recommend "Milk jug" to Ada

  Scenario: Who wants no personal recommendations has none
    Given Bob has bought "Espresso machine, Coffee beans"
    And Ada has bought "Espresso machine"
    When Ada wants no personal recommendations
    Then nothing is recommended to Ada because of what was bought

  Scenario: Something new is recommended where nothing is known
    Then something is recommended beside "Milk jug"
