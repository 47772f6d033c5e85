@accounts @privacy
Feature: Name and address
  The holder of an account keeps its name and address up to date. Orders go to that address unless another one is given.

  Background:
    Given Ada is a buyer

  Rule: The holder says what the account holds

    Scenario: Another name takes the place of the old one
      When Ada changes the name to "Ada Lovelace"
      Then the shop knows Ada as "Ada Lovelace"

    Scenario: An address that is given is kept
      When Ada gives an address in Germany
      Then the shop knows an address of Ada in Germany

    Scenario: An address that is taken away is forgotten
      Given Ada has an address in Germany
      When Ada takes the address away
      Then the shop knows no address of Ada

    Scenario: Another name leaves the address alone
      Given Ada has an address in Germany
      When Ada changes the name to "Ada Lovelace"
      Then the shop knows an address of Ada in Germany

  Rule: What does not belong into an account is refused

    Scenario: A card number typed into the address is not kept
      When Ada gives an address with a card number in it
      Then that is refused because of the address
      And the shop knows no address of Ada

    Scenario: Nobody turns a buyer's account into a seller's
      When Ada tries to become a seller
      Then that is refused because of the role
      And Ada is known as a buyer
