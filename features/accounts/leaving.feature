Feature: Leaving the shop
  Whoever has an account may read all that the shop knows, and may leave: nothing is known then but what books must keep.

  Background:
    Given Sue is a seller
    And Ada is a buyer
    And Ada has an address in Germany

  Scenario: Everything that is known is given
    Then the shop gives Ada everything that it knows, with 0 orders

  Scenario: Somebody leaves
    When Ada leaves the shop
    And Ada goes on with the old log-in
    Then that is refused: the log-in is over

  Scenario: The e-mail address may be used anew
    When Ada leaves the shop
    And Ada registers as a buyer
    And Ada logs in
    Then Ada is known as a buyer
    And the shop knows no address of Ada

  Scenario: Who leaves has to know the password
    When Ada leaves the shop with the password "a guess of somebody"
    Then that is refused because of the password
    And Ada is known as a buyer
