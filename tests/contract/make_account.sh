#!/bin/bash
# A folder with keys and a configuration of one WeChat account in mode safe and one desk, for contract tests. Usage: make_account.sh FOLDER
set -euo pipefail
rm -rf "$1"
mkdir -p "$1"
cd "$1"
umask 077
openssl rand -hex 32 >identity.key
openssl rand -hex 32 >seal.key
echo QingNianTest2024 >token
echo abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG >aes_key
mkdir calls
cat >gateway.toml <<'EOF'
[installation]
journal_id = "contract"
identity_key = "file:identity.key"
[[seal_keys]]
id = "k1"
key = "file:seal.key"
[[sites]]
code = "henan"
name = "青年之声·河南"
region = "410000"
[journal]
path = "journal.db"
[[channels.wechat]]
account = "safe"
site = "henan"
appid = "wxb11529c136998cb6"
token = "file:token"
aes_key = "file:aes_key"
[[channels.hotline]]
account = "desk"
site = "henan"
folder = "calls"
EOF
