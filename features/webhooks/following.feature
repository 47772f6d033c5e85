@webhooks @privacy
Feature: Webhooks
  A seller's own system hears what happens to the seller's orders and items, and to no others. What it gets is signed with a secret that the seller alone was shown.

  Background:
    Given Sam is a seller
    And Sam sells "Desk lamp" at 24.50 with 7 in stock
    And Ada is a buyer

  Rule: A system hears what it follows, of its own seller

    Scenario: It hears of the seller's orders, step by step
      Given Sam has a system that follows "orders placed, orders completed"
      And Ada has put 2 of "Desk lamp" into the cart
      When Ada pays
      Then the system of Sam hears "orders placed, orders completed" about the order

    Scenario: It hears of nobody else's orders
      Given Sue is a seller
      And Sue has a system that follows "orders placed"
      And Sam has a system that follows "orders placed"
      And Ada has put 1 of "Desk lamp" into the cart
      When Ada pays
      Then the system of Sam hears "orders placed" about the order
      And the system of Sue hears nothing

    Scenario: It hears of the seller's items
      Given Sam has a system that follows "items changed"
      When Sam changes the price of "Desk lamp" to 22.50
      Then the system of Sam hears "items changed"

    Scenario: A system that was removed is a system no more
      Given Sam has a system that follows "orders placed"
      When Sam removes the system
      Then Sam has no systems

  Rule: Sellers have systems, each their own

    Scenario: For another seller the system does not exist
      Given Sue is a seller
      And Sam has a system that follows "orders placed"
      When Sue removes the system of Sam
      Then that is refused: there is no such system

    Scenario: A buyer has no systems
      When Ada adds a system at "https://93.184.215.14/hook"
      Then that is refused: this is for sellers

  Rule: A system has an address of its own in the open web

    Scenario Outline: The address "<address>" is refused
      When Sam adds a system at "<address>"
      Then that is refused because of the web address

      Examples:
        | address                             |
        | https://sam:secret@example.org/hook |
        | https://2130706433/hook             |
        | https://example.org./hook           |
        | ftp://example.org/hook              |
