#!/bin/bash
# A happy and a sad piece from the primer that ships: MIDI, sound and picture of each.
# demo.sh AFFETTO FOLDER
set -euo pipefail
affetto=$1
folder=$2
mkdir -p "$folder"
for emotion in happy sad; do
  "$affetto" generate --emotion "$emotion" --seed 7 --notes 120 --force \
    -o "$folder/$emotion.mid" --audio "$folder/$emotion.flac" --piano-roll "$folder/$emotion.svg"
  echo
done
echo "Listen to $folder/happy.flac and $folder/sad.flac; look at $folder/happy.svg and $folder/sad.svg."
