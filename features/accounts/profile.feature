Feature: Name and address
  The holder of an account keeps its name and address up to date. Orders go to that address unless another one is given.

  Background:
    Given Ada is a buyer

  Scenario: Another name
    When Ada changes the name to "Ada Lovelace"
    Then the shop knows Ada as "Ada Lovelace"

  Scenario: An address is given, and taken away again
    When Ada gives an address in Germany
    Then the shop knows an address of Ada in Germany
    When Ada takes the address away
    Then the shop knows no address of Ada

  Scenario: Changing the name leaves the address alone
    Given Ada has an address in Germany
    When Ada changes the name to "Ada Lovelace"
    Then the shop knows an address of Ada in Germany

  Scenario: A card number does not belong into an address
    When Ada gives an address with a card number in it
    Then that is refused because of the address

  Scenario: A role is not changed by its holder
    When Ada tries to become a seller
    Then that is refused because of the role
