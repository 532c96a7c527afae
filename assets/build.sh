#!/usr/bin/env bash
# Builds the styles and scripts in static/ (site: customers; staff: desk and review), and copies what is vendored.
# Needs Node.js 20 or newer. The results are checked in: running the site needs none of this.
set -euo pipefail
cd "$(dirname "$0")"

[ -d node_modules ] || npm ci --ignore-scripts --no-audit --no-fund

htmx=node_modules/htmx.org
vendor=../static/vendor
cytoscape=node_modules/cytoscape
dagre=node_modules/@dagrejs/dagre
chartjs=node_modules/chart.js
mkdir -p "$vendor/htmx" "$vendor/bootstrap" "$vendor/cytoscape" "$vendor/dagre" "$vendor/chartjs"
cp "$htmx/dist/htmx.min.js" "$htmx/LICENSE" "$vendor/htmx/"
cp node_modules/bootstrap/LICENSE "$vendor/bootstrap/LICENSE"
cp "$cytoscape/dist/cytoscape.min.js" "$cytoscape/LICENSE" "$vendor/cytoscape/"
cp "$dagre/LICENSE" "$dagre/dist/dagre.min.js.LEGAL.txt" "$vendor/dagre/"
sed '/^\/\/# sourceMappingURL/d' "$dagre/dist/dagre.min.js" > "$vendor/dagre/dagre.min.js"
sed '/^\/\/# sourceMappingURL/d' "$chartjs/dist/chart.umd.min.js" > "$vendor/chartjs/chart.umd.min.js"
cp "$chartjs/LICENSE.md" "$vendor/chartjs/LICENSE"
version() { node -p "require('./node_modules/$1/package.json').version"; }
echo "htmx.org $(version htmx.org), dist/htmx.min.js of the npm package, unchanged" > "$vendor/htmx/VERSION"
echo "cytoscape $(version cytoscape), dist/cytoscape.min.js of the npm package, unchanged" > "$vendor/cytoscape/VERSION"
echo "@dagrejs/dagre $(version @dagrejs/dagre), dist/dagre.min.js of the npm package, without the comment that points to its source map" > "$vendor/dagre/VERSION"
echo "chart.js $(version chart.js), dist/chart.umd.min.js of the npm package, without the comment that points to its source map" > "$vendor/chartjs/VERSION"
echo "bootstrap $(version bootstrap), Sass sources of the npm package, compiled in part: assets/scss/site.scss, assets/scss/staff.scss" > "$vendor/bootstrap/VERSION"

# Each style, and each script: htmx, then ours. Comments that point to source maps are left out. Made elsewhere first,
# so that static/ never holds half of one.
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
for name in site staff; do
  node_modules/.bin/sass --style=compressed --no-source-map --load-path=node_modules \
    --quiet-deps --silence-deprecation=import "scss/$name.scss" | sed 's/^\xef\xbb\xbf//' > "$made/$name.css"
  {
    sed '/^\/\/# sourceMappingURL/d' "$htmx/dist/htmx.min.js"
    echo ';'
    node_modules/.bin/esbuild "js/$name.js" --minify --target=es2021 --log-level=warning
  } > "$made/$name.js"
done
for file in "$made"/*; do
  install -m 644 "$file" "../static/${file##*/}"
done

for file in site.css site.js staff.css staff.js; do
  printf '%-9s %6d bytes, %6d gzipped\n' "$file" "$(wc -c < "../static/$file")" "$(gzip -9c "../static/$file" | wc -c)"
done
