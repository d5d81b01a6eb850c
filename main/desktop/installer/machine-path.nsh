; Adds a folder to the PATH of the computer, and takes it off. Never through a variable of the installer: those end at 1024
; or 8192 characters, and a PATH cut off there is a computer that no longer works. Type and rest of the value are kept.

!define FERRY_ENVIRONMENT "SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
; Query and set, in the registry of 64-bit programs.
!define FERRY_PATH_ACCESS 0x103

; Addresses have instructions of their own where they are longer than numbers.
!define FERRY_PTR_OP "IntOp"
!define FERRY_PTR_IS "="
!define FERRY_PTR_NOT "<>"
!ifdef NSIS_PTR_SIZE
  !if ${NSIS_PTR_SIZE} > 4
    !undef FERRY_PTR_OP
    !undef FERRY_PTR_IS
    !undef FERRY_PTR_NOT
    !define FERRY_PTR_OP "IntPtrOp"
    !define FERRY_PTR_IS "P="
    !define FERRY_PTR_NOT "P<>"
  !endif
!endif

; Leaves the key in $R0 (0: cannot be changed, leave it alone), the type in $R2, the value in $R4, and in $R5 a copy between
; semicolons, in which $R6 is where ";FOLDER;" stands (0: nowhere). Both buffers have room for one folder more.
!macro ferryPathOpen FOLDER
  Push $R0
  Push $R1
  Push $R2
  Push $R3
  Push $R4
  Push $R5
  Push $R6
  Push $R7
  StrCpy $R4 0
  StrCpy $R5 0
  StrCpy $R6 0
  System::Call 'advapi32::RegOpenKeyExW(p -2147483646, w "${FERRY_ENVIRONMENT}", i 0, i ${FERRY_PATH_ACCESS}, *p .R0) i .R1'
  ${If} $R1 <> 0
    StrCpy $R0 0
  ${Else}
    System::Call 'advapi32::RegQueryValueExW(p R0, w "Path", p 0, *i .R2, p 0, *i .R3) i .R1'
    ${If} $R1 = 2
      StrCpy $R2 2
      StrCpy $R3 0
      StrCpy $R1 0
    ${EndIf}
    ; 1 is text, 2 is text with variables in it: of anything else we know nothing.
    ${If} $R1 <> 0
    ${OrIf} $R2 < 1
    ${OrIf} $R2 > 2
      System::Call 'advapi32::RegCloseKey(p R0)'
      StrCpy $R0 0
    ${Else}
      StrLen $R7 "${FOLDER}"
      IntOp $R7 $R7 + 8
      IntOp $R7 $R7 * 2
      IntOp $R7 $R7 + $R3
      System::Alloc $R7
      Pop $R4
      System::Alloc $R7
      Pop $R5
      ${If} $R3 > 0
        System::Call 'advapi32::RegQueryValueExW(p R0, w "Path", p 0, p 0, p R4, *i R3) i .R1'
      ${EndIf}
      System::Call 'kernel32::lstrcpyW(p R5, w ";")'
      System::Call 'kernel32::lstrcatW(p R5, p R4)'
      System::Call 'kernel32::lstrcatW(p R5, w ";")'
      System::Call 'shlwapi::StrStrIW(p R5, w ";${FOLDER};") p .R6'
      ${If} $R1 <> 0
        System::Call 'advapi32::RegCloseKey(p R0)'
        StrCpy $R0 0
      ${EndIf}
    ${EndIf}
  ${EndIf}
!macroend

; Writes the text at ADDRESS and tells the programs that are open.
!macro ferryPathWrite ADDRESS
  System::Call 'kernel32::lstrlenW(p ${ADDRESS}) i .R7'
  IntOp $R7 $R7 + 1
  IntOp $R7 $R7 * 2
  System::Call 'advapi32::RegSetValueExW(p R0, w "Path", i 0, i R2, p ${ADDRESS}, i R7) i .R1'
  SendMessage ${HWND_BROADCAST} ${WM_SETTINGCHANGE} 0 "STR:Environment" /TIMEOUT=5000
!macroend

!macro ferryPathClose
  ${If} $R0 ${FERRY_PTR_NOT} 0
    System::Call 'advapi32::RegCloseKey(p R0)'
  ${EndIf}
  ${If} $R4 ${FERRY_PTR_NOT} 0
    System::Free $R4
  ${EndIf}
  ${If} $R5 ${FERRY_PTR_NOT} 0
    System::Free $R5
  ${EndIf}
  Pop $R7
  Pop $R6
  Pop $R5
  Pop $R4
  Pop $R3
  Pop $R2
  Pop $R1
  Pop $R0
!macroend

!macro ferryPathAdd FOLDER
  !insertmacro ferryPathOpen "${FOLDER}"
  ${If} $R0 ${FERRY_PTR_NOT} 0
  ${AndIf} $R6 ${FERRY_PTR_IS} 0
    System::Call 'kernel32::lstrlenW(p R4) i .R7'
    ${If} $R7 > 0
      System::Call 'kernel32::lstrcatW(p R4, w ";")'
    ${EndIf}
    System::Call 'kernel32::lstrcatW(p R4, w "${FOLDER}")'
    !insertmacro ferryPathWrite R4
  ${EndIf}
  !insertmacro ferryPathClose
!macroend

!macro ferryPathRemove FOLDER
  !insertmacro ferryPathOpen "${FOLDER}"
  ${If} $R0 ${FERRY_PTR_NOT} 0
  ${AndIf} $R6 ${FERRY_PTR_NOT} 0
    ; The rest, from the semicolon behind the folder, moves to where the one before it stands.
    StrLen $R7 ";${FOLDER}"
    IntOp $R7 $R7 * 2
    ${FERRY_PTR_OP} $R3 $R6 + $R7
    System::Call 'kernel32::lstrlenW(p R3) i .R7'
    IntOp $R7 $R7 + 1
    IntOp $R7 $R7 * 2
    System::Call 'kernel32::RtlMoveMemory(p R6, p R3, p R7)'
    ; Without the two semicolons that were put around it.
    System::Call 'kernel32::lstrlenW(p R5) i .R7'
    IntOp $R7 $R7 - 1
    IntOp $R7 $R7 * 2
    ${FERRY_PTR_OP} $R3 $R5 + $R7
    System::Call 'kernel32::RtlZeroMemory(p R3, p 2)'
    ${FERRY_PTR_OP} $R3 $R5 + 2
    !insertmacro ferryPathWrite R3
  ${EndIf}
  !insertmacro ferryPathClose
!macroend
