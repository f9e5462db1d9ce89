import { markedBlock, markers, tableLines, topLines, type SetupTarget } from "@/lib/codex/setup-config";
import { quotePowershell } from "@/lib/codex/setup-quote";
import { CODEX_VERSION } from "@/lib/openai/codex-release";

/** `setup.ps1` for one installation: Windows PowerShell 5.1 and PowerShell 7. The same steps as `setup.sh`, without its helper. */
export function setupScriptPowershell(target: SetupTarget): string {
  const { brandName, providerId, keyEnvName, publicUrl } = target;
  const name = brandName.replaceAll(/\p{Cc}/gu, " ");
  const { begin, end } = markers(target);
  return `# Sets up the Codex CLI for ${name} (${publicUrl}), or undoes that. Read it before you run it.
#
#   $env:${keyEnvName} = 'your key'; irm ${publicUrl}/setup.ps1 | iex
#
# What it does, in this order:
#   1. looks for codex and says so if its version is older than the one this was tested with
#   2. takes your API key from ${keyEnvName}, or asks for it
#   3. adds two marked blocks to config.toml in CODEX_HOME (default .codex in your profile) and switches off an older
#      model_provider line; everything else in the file stays as it is, and a copy of the whole file is kept beside it
#   4. sets ${keyEnvName} for your Windows user, so that new windows and editors have it
#   5. asks Codex one question through the new provider, which costs a few cents; -NoVerify leaves that out
#
# Options, as in: & ([scriptblock]::Create((irm ${publicUrl}/setup.ps1))) -Undo
#   -Isolated   leaves your Codex alone: everything goes to .codex-${providerId} in your profile, with start.cmd to run Codex there
#   -NoVerify   asks nothing
#   -Undo       takes back all of the above (with -Isolated: that of -Isolated)
param([switch]$Isolated, [switch]$NoVerify, [switch]$Undo)

$ErrorActionPreference = 'Stop'
$provider = ${quotePowershell(providerId)}
$brand = ${quotePowershell(name)}
$url = ${quotePowershell(publicUrl)}
$keyVariable = ${quotePowershell(keyEnvName)}
$tested = ${quotePowershell(CODEX_VERSION)}
$begin = ${quotePowershell(begin.slice(0, begin.indexOf(" from ")))}
$end = ${quotePowershell(end)}
$topBlock = @'
${markedBlock(target, topLines(target))}
'@
$keyTable = @'
${markedBlock(target, tableLines(target, { kind: "env" }))}
'@
${BODY}`;
}

const BODY = `
function Stop-Setup([string]$why) { throw "$brand setup: $why" }

# Not Set-Content: Windows PowerShell would add a byte order mark, which Codex cannot read.
function Write-Text([string]$file, [string]$text) { [IO.File]::WriteAllText($file, $text, (New-Object Text.UTF8Encoding $false)) }

# Without our blocks. Codex may have put lines and tables of its own between our marks: those stay.
function Remove-OurLines([string]$text) {
  $off = "# $provider off: "
  $known = '^(model_provider|name|base_url|wire_api|env_key|env_key_instructions) = '
  $inside = $false
  $ours = $false
  $kept = New-Object Collections.Generic.List[string]
  foreach ($line in ($text -split "\`n")) {
    if ($line.StartsWith($begin, 'Ordinal')) { $inside = $true; $ours = $true; continue }
    if ($line.StartsWith($end, 'Ordinal')) { $inside = $false; continue }
    if ($inside -and $line -match '^\\s*\\[') {
      $ours = $line.StartsWith("[model_providers.$provider]", 'Ordinal')
      if ($ours) { continue }
    }
    if ($inside -and $ours -and ($line -match $known -or $line.Trim() -eq '')) { continue }
    if ($line.StartsWith($off, 'Ordinal')) { $line = $line.Substring($off.Length) }
    $kept.Add($line)
  }
  return ($kept -join "\`n")
}

# With every model_provider line above the first table switched off. Strings of several lines are left alone.
function Disable-OtherProvider([string]$text) {
  $quote = ''
  $inTable = $false
  $lines = foreach ($line in ($text -split "\`n")) {
    $basic = ([regex]::Matches($line, '"""').Count % 2) -eq 1
    $literal = ([regex]::Matches($line, "'''").Count % 2) -eq 1
    if ($quote -eq 'basic') { if ($basic) { $quote = '' }; $line; continue }
    if ($quote -eq 'literal') { if ($literal) { $quote = '' }; $line; continue }
    if ($line -match '^\\s*\\[') { $inTable = $true }
    if (-not $inTable -and $line -match '^\\s*"?model_provider"?\\s*=') { "# $provider off: $line"; continue }
    if ($basic) { $quote = 'basic' } elseif ($literal) { $quote = 'literal' }
    $line
  }
  return (@($lines) -join "\`n")
}

# The file as it was before us: byte for byte if nobody else has changed it since, else without our lines.
function Restore-Config {
  $config = Join-Path $codexHome 'config.toml'
  $before = Join-Path $state 'config.toml.before'
  $after = Join-Path $state 'config.toml.after'
  if (-not (Test-Path -LiteralPath $config)) { return }
  $text = [IO.File]::ReadAllText($config)
  if ((Test-Path -LiteralPath $after) -and [IO.File]::ReadAllText($after) -ceq $text) {
    if (Test-Path -LiteralPath $before) { [IO.File]::WriteAllBytes($config, [IO.File]::ReadAllBytes($before)) }
    else { Remove-Item -LiteralPath $config }
    return
  }
  if ($text.Contains($begin)) {
    if (-not $text.Contains($end)) { Stop-Setup "$config has the mark '$begin' but not the one that ends it. Take our lines out by hand." }
    Write-Text $config (Remove-OurLines $text)
  }
}

# Takes back what an earlier run has written.
function Undo-Setup {
  if (-not (Test-Path -LiteralPath $codexHome)) { return }
  Restore-Config
  $variableBefore = Join-Path $state 'variable.before'
  if (Test-Path -LiteralPath $variableBefore) {
    $value = [IO.File]::ReadAllText($variableBefore)
    if ($value -eq '') { $value = $null }
    [Environment]::SetEnvironmentVariable($keyVariable, $value, 'User')
  }
  if ($Isolated) { Remove-Item -LiteralPath (Join-Path $codexHome 'start.cmd') -ErrorAction SilentlyContinue }
  Remove-Item -LiteralPath $state -Recurse -Force -ErrorAction SilentlyContinue
}

# Codex writes to standard error also when all is well, which Windows PowerShell would take for a failure.
function Read-CodexStatus {
  $ErrorActionPreference = 'Continue'
  return (($null | & codex login status 2>&1 | ForEach-Object { "$_" }) -join "\`n")
}

if ($Isolated) { $codexHome = Join-Path $HOME ".codex-$provider" }
elseif ($env:CODEX_HOME) { $codexHome = $env:CODEX_HOME }
else { $codexHome = Join-Path $HOME '.codex' }
$state = Join-Path $codexHome "$provider-setup"

if ($Undo) {
  Undo-Setup
  if ($Isolated -and (Test-Path -LiteralPath $codexHome)) {
    if (@(Get-ChildItem -LiteralPath $codexHome -Force).Count -eq 0) { Remove-Item -LiteralPath $codexHome }
    else { Write-Host "left    \${codexHome}: sessions and logs of Codex" }
  }
  Write-Host 'undone. A daemon of Codex that still runs keeps its settings until: codex app-server daemon stop'
  return
}

if (-not (Get-Command codex -ErrorAction SilentlyContinue)) {
  Stop-Setup 'there is no codex here. Install it first: npm install -g @openai/codex'
}
$version = "$(& codex --version)".Trim() -replace '^.*\\s', ''
$number = ($version -replace '[^0-9.].*$', '') -as [version]
if ($number -and $number -lt [version]$tested) {
  Write-Host "note    codex $version is older than $tested, with which this was tested. Newer: npm install -g @openai/codex"
} else {
  Write-Host "found   codex $version"
}

$secret = [Environment]::GetEnvironmentVariable($keyVariable, 'Process')
if (-not $secret) {
  $typed = Read-Host -AsSecureString "API key, from $url/dashboard/setup"
  $secret = (New-Object Net.NetworkCredential '', $typed).Password
}
if (-not $secret.StartsWith('sk-')) { Stop-Setup "an API key begins with sk-. Make one at $url/dashboard/setup" }

Undo-Setup
New-Item -ItemType Directory -Force -Path $state | Out-Null
$codexHomeBefore = $env:CODEX_HOME
try {
  $env:CODEX_HOME = $codexHome
  $config = Join-Path $codexHome 'config.toml'
  $text = ''
  if (Test-Path -LiteralPath $config) {
    $text = [IO.File]::ReadAllText($config)
    if ($text -match "(?m)^\\s*\\[model_providers\\.$provider[\\].]") {
      Stop-Setup "$config has a [model_providers.$provider] that is not from here. Take it out, or run this with -Isolated."
    }
    Copy-Item -LiteralPath $config -Destination (Join-Path $state 'config.toml.before')
    if ($text -ne '' -and -not $text.EndsWith("\`n")) { $text = "$text\`n" }
  }
  $written = $topBlock.Replace("\`r\`n", "\`n") + (Disable-OtherProvider $text) + $keyTable.Replace("\`r\`n", "\`n")
  Write-Text (Join-Path $state 'config.toml.after') $written
  Write-Text $config $written
  $status = Read-CodexStatus
  if ($status -match '(?m)^Error loading config') {
    Undo-Setup
    Write-Host $status
    Stop-Setup 'Codex could not read the new config.toml. It is as it was before.'
  }
  Write-Host "wrote   $config"

  if ($Isolated) {
    $start = Join-Path $codexHome 'start.cmd'
    Write-Text $start "@set \`"CODEX_HOME=$codexHome\`"\`r\`n@set \`"$keyVariable=$secret\`"\`r\`n@codex %*\`r\`n"
    Write-Host "wrote   $start"
  } else {
    Write-Text (Join-Path $state 'variable.before') "$([Environment]::GetEnvironmentVariable($keyVariable, 'User'))"
    [Environment]::SetEnvironmentVariable($keyVariable, $secret, 'User')
    Write-Host "set     $keyVariable for your Windows user"
  }
  [Environment]::SetEnvironmentVariable($keyVariable, $secret, 'Process')

  if (-not $NoVerify) {
    Write-Host 'asking  Codex one question ...'
    # In a folder of its own: Codex reads instructions from where it is started.
    Push-Location -LiteralPath $state
    try { $null | & codex exec --skip-git-repo-check --sandbox read-only 'Say hello' } finally { Pop-Location }
    if ($LASTEXITCODE -ne 0) {
      Stop-Setup 'Codex got no answer; its own words stand above. The setup stays; run this again, or take it back with -Undo.'
    }
  }
} finally {
  $env:CODEX_HOME = $codexHomeBefore
}

if ($Isolated) { Write-Host "done.   Start Codex with: $(Join-Path $codexHome 'start.cmd')" }
else { Write-Host 'done.   Open a new window and start Codex with: codex. Restart VS Code once, so that it sees the variable.' }
Write-Host '        A daemon of Codex that ran before keeps its old key. Stop it once: codex app-server daemon stop'
`;
