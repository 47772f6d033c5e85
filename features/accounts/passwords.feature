Feature: Passwords and log-ins
  The holder of an account chooses another password, and sees and ends log-ins.

  Background:
    Given Ada is a buyer

  Scenario: Another password
    When Ada changes the password "correct horse battery" to "a new horse battery"
    Then Ada is known as a buyer
    When Ada logs in with the password "a new horse battery"
    And Ada logs in with the password "correct horse battery"
    Then that is refused: the address or the password is wrong

  Scenario: Who changes the password has to know it
    When Ada changes the password "a guess of somebody" to "a new horse battery"
    Then that is refused because of the current

  Scenario: A new password has at least eight characters
    When Ada changes the password "correct horse battery" to "short"
    Then that is refused because of the new

  Scenario: Log-ins are listed
    When Ada logs in with the password "correct horse battery"
    Then Ada is logged in 2 times

  Scenario: With another password the other log-ins are over
    When Ada logs in with the password "correct horse battery"
    And Ada changes the password "correct horse battery" to "a new horse battery"
    Then Ada is logged in 1 times

  Scenario: All log-ins are ended at once
    When Ada logs out everywhere
    And Ada goes on with the old log-in
    Then that is refused: the log-in is over

  Scenario: A password was forgotten
    Given Ada has forgotten the password
    Then a "password-reset" is on its way to Ada

  Scenario: Whether there is such an account is not revealed
    Given Kim has forgotten the password
    Then Ada is known as a buyer
