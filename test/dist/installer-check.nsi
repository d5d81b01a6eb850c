; A small installer of its own around the hooks of main/desktop/installer/installer.nsh, for a check without electron-builder's
; plugins. What those hooks expect from its script is here in its plainest form. It lays down one file.
Unicode true
; makensis sets this for the target of the check.
!include "x64.nsh"
!include "LogicLib.nsh"
!include "FileFunc.nsh"

!define APP_EXECUTABLE_FILENAME "ERP Ferry.exe"
!macro _isUpdated _a _b _t _f
  StrCmp "$updated" "1" `${_t}` `${_f}`
!macroend
!define isUpdated '"" isUpdated ""'
!macro IS_POWERSHELL_AVAILABLE
!macroend
!macro _CHECK_APP_RUNNING
  StrCpy $pid 0
!macroend

Name "ERP Ferry check"
OutFile "${OUT}"
InstallDir "$PROGRAMFILES64\ERP Ferry"
RequestExecutionLevel admin
ShowInstDetails nevershow
Var updated
!include "installer.nsh"
!insertmacro customHeader

Function .onInit
  SetRegView 64
  !insertmacro customInit
FunctionEnd

Section "install"
  !insertmacro customCheckAppRunning
  SetOutPath "${FERRY_COMMANDS}"
  File "${COMMAND}"
  WriteUninstaller "$INSTDIR\Uninstall.exe"
  !insertmacro customInstall
SectionEnd

Function un.onInit
  SetRegView 64
  ${GetParameters} $updated
  ClearErrors
  ${GetOptions} $updated "--updated" $updated
  ${If} ${Errors}
    StrCpy $updated 0
  ${Else}
    StrCpy $updated 1
  ${EndIf}
FunctionEnd

Section "un.install"
  !insertmacro customUnInstall
  SetOutPath $TEMP
  RMDir /r "$INSTDIR"
SectionEnd
