@echo off
setlocal
rem Options meant for other programs must not change or stop this one.
set "NODE_OPTIONS="
"%~dp0node.exe" "%~dp0main\cli.js" %*
exit /b %ERRORLEVEL%
