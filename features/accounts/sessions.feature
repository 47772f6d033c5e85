Feature: Logging in and out
  A log-in holds until its holder logs out. Logging out counts at once.

  Background:
    Given Ada is a buyer

  Scenario: The holder logs in
    Given Ada has logged out
    When Ada logs in
    Then Ada is known as a buyer

  Scenario: An e-mail address may be typed in capitals
    When Ada logs in with the e-mail address in capitals
    Then Ada is known as a buyer

  Scenario: A wrong password
    Given Ada has logged out
    When Ada logs in with the password "not-the-password"
    Then that is refused: the address or the password is wrong

  Scenario: An unknown address gets the same answer
    When Kim logs in with the password "not-the-password"
    Then that is refused: the address or the password is wrong

  Scenario: Somebody who guesses passwords is stopped
    When a wrong password is tried 5 times for Ada
    And Ada logs in
    Then that is refused: too many log-ins have failed

  Scenario: Guessing passwords of one account leaves the others alone
    Given Bob is a buyer
    When a wrong password is tried 5 times for Ada
    And Bob logs in
    Then Bob is known as a buyer

  Scenario: After logging out the old log-in is worth nothing
    When Ada logs out
    And Ada goes on with the old log-in
    Then that is refused: the log-in is over

  Scenario: Who is not logged in has no profile
    When Kim looks at the own profile
    Then that is refused: nobody is logged in
