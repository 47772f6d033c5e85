Feature: Opening an account
  Whoever wants to buy or sell opens an account with an e-mail address and a password.

  Scenario Outline: Anyone may open an account
    When Kim registers as a <role>
    And Kim logs in
    Then Kim is known as a <role>

    Examples:
      | role   |
      | buyer  |
      | seller |

  Scenario: An e-mail address belongs to one account
    Given Ada is a buyer
    When Kim registers with the e-mail address of Ada
    Then that is refused: the e-mail address is taken

  Scenario: Capitals do not make another e-mail address
    Given Ada is a buyer
    When Kim registers with the e-mail address of Ada in capitals
    Then that is refused: the e-mail address is taken

  Scenario: Nobody makes an operator of themselves
    When Kim registers as an operator
    Then that is refused because of the role

  Scenario: A password has at least eight characters
    When Kim registers with the password "secret"
    Then that is refused because of the password

  Scenario: Everything that is wrong is named at once
    When Kim registers with the e-mail address "nowhere" and the password "secret"
    Then that is refused because of the email and the password
