@accounts @privacy
Feature: Passwords and log-ins
  The holder of an account chooses another password, and sees and ends log-ins.

  Background:
    Given Ada is a buyer

  Rule: The newest password opens the account, and no other does

    Scenario: The new password opens the account
      Given Ada has changed the password "correct horse battery" to "a new horse battery"
      When Ada logs in with the password "a new horse battery"
      Then Ada is logged in 2 times

    Scenario: The old password opens nothing
      Given Ada has changed the password "correct horse battery" to "a new horse battery"
      When Ada logs in with the password "correct horse battery"
      Then that is refused: the address or the password is wrong

    Scenario: Whoever changes the password goes on undisturbed
      When Ada changes the password "correct horse battery" to "a new horse battery"
      Then Ada is known as a buyer

    Scenario: Whoever changes the password has to know it
      When Ada changes the password "a guess of somebody" to "a new horse battery"
      Then that is refused because of the current password

    Scenario: A new password has at least eight characters
      When Ada changes the password "correct horse battery" to "short"
      Then that is refused because of the new password

  Rule: The holder sees every log-in, and can end them

    Scenario: Each device that is logged in is counted
      When Ada logs in with the password "correct horse battery"
      Then Ada is logged in 2 times

    Scenario: With another password the other log-ins are over
      Given Ada has logged in with the password "correct horse battery"
      When Ada changes the password "correct horse battery" to "a new horse battery"
      Then Ada is logged in 1 time

    Scenario: All log-ins are ended at once
      Given Ada has logged out everywhere
      When Ada goes on with the old log-in
      Then that is refused: the log-in is over

  Rule: A forgotten password is replaced by a letter to its holder alone

    Scenario: The holder is sent a way to a new password
      When Ada says that the password is forgotten
      Then Ada is sent a way to a new password

    Scenario: Whether somebody has an account is not revealed
      When Kim says that the password is forgotten
      Then Kim is not told whether there is such an account
