; What the installer does beyond laying down files, as the hooks of electron-builder's own script. All in macros: a function
; that one of its two passes does not call is an error there.

!include "LogicLib.nsh"
!include "FileFunc.nsh"
!include "WinMessages.nsh"
!include "machine-path.nsh"

!define FERRY_COMMANDS "$INSTDIR\resources\agent"
!define FERRY_KEY "Software\ERP Ferry"
!define FERRY_RUN_KEY "Software\Microsoft\Windows\CurrentVersion\Run"
!define FERRY_RUN_NAME "ERP Ferry"
!define FERRY_TASK "ERP Ferry Agent"
!define FERRY_OPERATORS "ERP Ferry Operators"
; By number, because their names are translated.
!define FERRY_SYSTEM "*S-1-5-18"
!define FERRY_ADMINISTRATORS "*S-1-5-32-544"
; Windows Server 2016: the oldest one that both Electron and Node 24 start on.
!define FERRY_OLDEST_BUILD 14393

!macro customHeader
  ; The stock check for running programs expects these two where it is called from a hook.
  !include "getProcessInfo.nsh"
  Var pid
!macroend

!macro customInit
  Push $0
  ReadRegStr $0 HKLM "SOFTWARE\Microsoft\Windows NT\CurrentVersion" "CurrentBuildNumber"
  ${If} $0 < ${FERRY_OLDEST_BUILD}
    MessageBox MB_OK|MB_ICONSTOP "ERP Ferry needs Windows Server 2016, Windows 10 version 1607 or newer (build ${FERRY_OLDEST_BUILD}).$\r$\nThis computer has build $0, on which its parts do not start." /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}
  Pop $0
!macroend

; An agent started by the task of the boot would hold its files, and would be started again a minute after it was ended.
!macro customCheckAppRunning
  nsExec::Exec '"$SYSDIR\schtasks.exe" /end /tn "${FERRY_TASK}"'
  Pop $0
  !insertmacro IS_POWERSHELL_AVAILABLE
  !insertmacro _CHECK_APP_RUNNING
!macroend

!macro customInstall
  Push $0
  Push $1
  ReadRegStr $0 HKLM "${FERRY_KEY}" "DataFolder"
  !insertmacro ferryDataFolder $1

  ${If} $0 == ""
    !insertmacro ferryOperators
  ${EndIf}
  !insertmacro ferrySecureFolder "$1" "$0"
  !insertmacro ferryPathAdd "${FERRY_COMMANDS}"
  !insertmacro ferryAutostart "$0"
  WriteRegStr HKLM "${FERRY_KEY}" "DataFolder" "$1"

  ; After an update. Where there is no such task it says so to nobody.
  nsExec::Exec '"$SYSDIR\schtasks.exe" /run /tn "${FERRY_TASK}"'
  Pop $0
  Pop $1
  Pop $0
!macroend

!macro customUnInstall
  ; An update takes the old version off with this same script: nothing of the computer's settings may go then.
  ${IfNot} ${isUpdated}
    Push $0
    Push $1
    nsExec::Exec '"$SYSDIR\schtasks.exe" /delete /f /tn "${FERRY_TASK}"'
    Pop $0
    !insertmacro ferryPathRemove "${FERRY_COMMANDS}"
    DeleteRegValue HKLM "${FERRY_RUN_KEY}" "${FERRY_RUN_NAME}"
    DeleteRegKey HKLM "${FERRY_KEY}"
    !insertmacro ferryDataFolder $0
    ; Silent means keep, unless /DELETEDATA says otherwise: nobody who was not asked loses orders.
    ${GetParameters} $1
    ClearErrors
    ${GetOptions} $1 "/DELETEDATA" $1
    ${If} ${Errors}
      MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "Delete the data of ERP Ferry too?$\r$\n$\r$\n$0 holds the queue, the archive, the settings and the secrets. Orders in it may not be in the ERP yet. Deleted data cannot be brought back." /SD IDNO IDNO ferryKeepData
    ${EndIf}
    !insertmacro ferryDeleteData "$0"
    ferryKeepData:
    ClearErrors
    Pop $1
    Pop $0
  ${EndIf}
!macroend

; ---- the data folder ----

; The same place as the program looks in: the environment, not a folder of this user.
!macro ferryDataFolder RESULT
  ReadEnvStr ${RESULT} "ProgramData"
  StrCpy ${RESULT} "${RESULT}\ERP Ferry"
!macroend

; Members may run the agent and open its data. Whoever installs is one; a deployment service is not a person.
!macro ferryOperators
  Push $R0
  Push $R1
  nsExec::Exec '"$SYSDIR\net.exe" localgroup "${FERRY_OPERATORS}" /add /comment:"May run ERP Ferry and open its data"'
  Pop $R0
  ReadEnvStr $R0 "USERNAME"
  StrCpy $R1 $R0 1 -1
  ${If} $R0 != ""
  ${AndIf} $R1 != "$$"
    ReadEnvStr $R1 "USERDOMAIN"
    nsExec::Exec '"$SYSDIR\net.exe" localgroup "${FERRY_OPERATORS}" "$R1\$R0" /add'
    Pop $R0
  ${EndIf}
  Pop $R1
  Pop $R0
!macroend

; Everybody may make folders beside ours: one that was there before us is taken over whole, a link to elsewhere is refused.
; Fails closed: without these rights every account of the computer could read the secrets.
!macro ferrySecureFolder FOLDER KNOWN
  Push $R0
  System::Call 'kernel32::GetFileAttributesW(w "${FOLDER}") i .R0'
  IntOp $R0 $R0 & 0x80000400
  ${If} $R0 == 0x400
    MessageBox MB_OK|MB_ICONSTOP "${FOLDER} is a link to another place. Remove it, then install again." /SD IDOK
    SetErrorLevel 2
    Abort "The data folder is a link."
  ${EndIf}
  CreateDirectory "${FOLDER}"
  ${If} "${KNOWN}" == ""
    nsExec::Exec '"$SYSDIR\icacls.exe" "${FOLDER}" /setowner ${FERRY_ADMINISTRATORS} /T /C /L /Q'
    Pop $R0
    nsExec::Exec '"$SYSDIR\icacls.exe" "${FOLDER}" /reset /T /C /L /Q'
    Pop $R0
  ${EndIf}
  nsExec::Exec '"$SYSDIR\icacls.exe" "${FOLDER}" /inheritance:r /grant:r ${FERRY_SYSTEM}:(OI)(CI)F ${FERRY_ADMINISTRATORS}:(OI)(CI)F "${FERRY_OPERATORS}:(OI)(CI)M" /Q'
  Pop $R0
  ${If} $R0 != 0
    MessageBox MB_OK|MB_ICONSTOP "The rights of ${FOLDER} could not be set (icacls ended with $R0). Everybody could read the secrets there, so the installation ends." /SD IDOK
    SetErrorLevel 2
    Abort "The rights of the data folder could not be set."
  ${EndIf}
  Pop $R0
!macroend

!macro ferryDeleteData FOLDER
  Push $R0
  System::Call 'kernel32::GetFileAttributesW(w "${FOLDER}") i .R0'
  IntOp $R0 $R0 & 0x400
  ${If} $R0 == 0
    RMDir /r "${FOLDER}"
    nsExec::Exec '"$SYSDIR\net.exe" localgroup "${FERRY_OPERATORS}" /delete'
    Pop $R0
  ${EndIf}
  Pop $R0
!macroend

; ---- start with Windows ----

; An entry somebody removed stays removed; /NOAUTOSTART never makes one.
!macro ferryAutostart KNOWN
  Push $R0
  Push $R1
  ${GetParameters} $R0
  ClearErrors
  ${GetOptions} $R0 "/NOAUTOSTART" $R1
  ${If} ${Errors}
    ReadRegStr $R1 HKLM "${FERRY_RUN_KEY}" "${FERRY_RUN_NAME}"
    ${If} "${KNOWN}" == ""
    ${OrIf} $R1 != ""
      WriteRegStr HKLM "${FERRY_RUN_KEY}" "${FERRY_RUN_NAME}" '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" --hidden'
    ${EndIf}
  ${EndIf}
  ClearErrors
  Pop $R1
  Pop $R0
!macroend
