@accounts @privacy
Feature: Opening an account
  Whoever wants to buy or sell opens an account with an e-mail address and a password.

  Rule: Anyone may buy and sell

    Scenario Outline: A new <role> is known as one
      When Kim registers as a <role>
      And Kim logs in
      Then Kim is known as a <role>

      Examples:
        | role   |
        | buyer  |
        | seller |

    Scenario: Nobody makes an operator of themselves
      When Kim registers as an operator
      Then that is refused because of the role

  Rule: An e-mail address belongs to one account

    Scenario: An e-mail address that is taken stays with its account
      Given Ada is a buyer
      When Kim registers with the e-mail address of Ada
      Then that is refused: the e-mail address is taken

    Scenario: Capitals do not make another e-mail address
      Given Ada is a buyer
      When Kim registers with the e-mail address of Ada in capitals
      Then that is refused: the e-mail address is taken

  Rule: Everything that is wrong is named at once

    Scenario: A password has at least eight characters
      When Kim registers with the password "secret"
      Then that is refused because of the password

    Scenario: A wrong e-mail address and a short password are both named
      When Kim registers with the e-mail address "nowhere" and the password "secret"
      Then that is refused because of the e-mail address and the password
