#!/bin/sh
# Installs the S3-compatible server that tests of object storage start, from its lock
# file into an environment of its own. Without it those tests are skipped, and say so.
set -u
python=$1
place=.cache/s3-server
stamp=$place/.stamp

[ -n "${PKIMM_TEST_S3_SERVER:-}" ] && exit 0
[ -f "$stamp" ] && [ "$stamp" -nt requirements-s3.lock ] && exit 0
if [ -n "${PKIMM_NO_INSTALL:-}" ]; then
    echo "Object storage is not tested: no S3-compatible server, and PKIMM_NO_INSTALL is set." >&2
    exit 0
fi
echo "Installing the S3-compatible server of the tests ..."
install() {
    uv=$(dirname "$python")/uv
    if [ -x "$uv" ] && "$uv" pip install --quiet --python "$place/bin/python" --require-hashes \
        -r requirements-s3.lock; then return 0; fi
    "$python" -m pip --python "$place/bin/python" install --quiet --disable-pip-version-check \
        --require-hashes -r requirements-s3.lock
}
if "$python" -m venv --without-pip "$place" && install; then
    touch "$stamp"
else
    echo "Object storage is not tested: the S3-compatible server could not be installed." >&2
fi
